// exists, all, exists_one, filter and map: the loops of a condition.
import type { Frame, Run } from './frame.js'
import { isMap, toValue, type Value } from './values.js'

/** The parts of a loop: `over` gives the list, `slot` is where the variable lives, the others run per element. */
export interface LoopParts {
  over: Run
  slot: number
  /** The condition, or for `map` with two arguments the value. */
  body: Run
  /** The value of `map` with three arguments. */
  mapped: Run | undefined
}

/** How a loop treats its elements. */
interface Loop {
  start(): Value
  step(state: Value, element: Value, frame: Frame): Value
  /** True when the state cannot change any more. */
  done?(state: Value): boolean
  end?(state: Value): Value
  /** What comes out when there is nothing to loop over: neither "some" nor "all" can be said of what is absent. */
  ofNothing: Value
}

const LOOPS: Record<string, (parts: LoopParts) => Loop> = {
  exists: ({ body }) => ({
    start: () => false,
    step: (_state, _element, frame) => body(frame) === true,
    done: (found) => found === true,
    ofNothing: false,
  }),
  all: ({ body }) => ({
    start: () => true,
    step: (_state, _element, frame) => body(frame) === true,
    done: (all) => all === false,
    ofNothing: false,
  }),
  exists_one: ({ body }) => ({
    start: () => 0,
    step: (count, _element, frame) => Number(count) + (body(frame) === true ? 1 : 0),
    done: (count) => count === 2,
    end: (count) => count === 1,
    ofNothing: false,
  }),
  filter: ({ body }) => ({
    start: () => [],
    step: (kept, element, frame) => (body(frame) === true ? append(kept, element) : kept),
    ofNothing: null,
  }),
  map: ({ body, mapped }) => ({
    start: () => [],
    step: (made, _element, frame) => {
      if (!mapped) return append(made, body(frame))
      return body(frame) === true ? append(made, mapped(frame)) : made
    },
    ofNothing: null,
  }),
}

export function isLoop(name: string): boolean {
  return Object.hasOwn(LOOPS, name)
}

/** Compiles the loop of this name, which has to be one. */
export function compileLoop(name: string, parts: LoopParts): Run {
  const loop = LOOPS[name]?.(parts)
  if (!loop) return () => null
  const { over, slot } = parts
  return (frame) => {
    const elements = elementsOf(over(frame))
    if (!elements) return loop.ofNothing
    let state = loop.start()
    for (const raw of elements) {
      frame.step()
      const element = toValue(raw)
      frame.locals[slot] = element
      state = loop.step(state, element, frame)
      if (loop.done?.(state)) break
    }
    return loop.end ? loop.end(state) : state
  }
}

/** A list's elements, or a map's keys; undefined when the value is neither. */
function elementsOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value
  return isMap(value) ? Object.keys(value) : undefined
}

/** The list belongs to the loop, so it may grow in place. */
function append(list: Value, element: Value): Value {
  if (Array.isArray(list)) list.push(element)
  return list
}
