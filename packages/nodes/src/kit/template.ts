// Liquid templates: parsed once, rendered without files, clock, chance or reach into JavaScript's own objects.
import { Liquid, type FilterImplOptions, type Template as LiquidNode } from 'liquidjs'
import { nodeError, readPath, type RunData } from '@segue/workflow-engine'

/** Characters. A message fits many times over; mail programs clip pages beyond the size for HTML. What is longer is a mistake. */
const MAX_SOURCE: Record<TemplateKind, number> = { text: 20_000, html: 100_000, url: 8_000 }

/** Counted by Liquid: roughly characters and elements made while rendering. */
const MEMORY_LIMIT = 200_000

/** Milliseconds. Real templates take microseconds: this ends loops within loops over long lists. */
const RENDER_LIMIT = 100

const TemplateFailed = nodeError<{ reason: string }>('TEMPLATE_FAILED', 'The template could not be rendered: {reason}.')

/**
 * What a template makes, which says how values in it are escaped: not at all, for HTML, or as a part of a URL.
 * `{{ value | raw }}` is for a value that is HTML, or a URL, itself.
 */
export type TemplateKind = 'text' | 'html' | 'url'

/** A parsed template. */
export interface Template {
  /** @throws NodeError TEMPLATE_FAILED when a limit is exceeded or a filter cannot take a value. */
  render(data: RunData): string
}

/** Parses a template; a string says what is wrong with it, with line and column. */
export function parseTemplate(source: string, kind: TemplateKind = 'text'): Template | string {
  if (source.length > MAX_SOURCE[kind]) return `A template has at most ${MAX_SOURCE[kind]} characters.`
  if (!/\{[{%]/.test(source)) return { render: () => source }
  const liquid = createLiquid(kind)
  try {
    const full = fullTemplate(liquid, liquid.parse(source))
    return plainTemplate(source, full, ESCAPES[kind]) ?? full
  } catch (error) {
    return firstLine(error)
  }
}

function fullTemplate(liquid: Liquid, nodes: LiquidNode[]): Template {
  return {
    render({ profile, event, session, now, input }) {
      try {
        return String(liquid.renderSync(nodes, { profile, event, session, now: new Date(now), input }))
      } catch (error) {
        throw TemplateFailed({ reason: reasonOf(error) })
      }
    },
  }
}

/**
 * Texts with nothing but `{{ event.properties.name }}` in them, which most are, go thirty times faster without Liquid's
 * interpreter. Values that Liquid would have to format (dates, lists, maps) still go to it.
 */
function plainTemplate(source: string, full: Template, escape: (text: string) => string): Template | undefined {
  const pieces = source.split(/\{\{\s*((?:profile|event|session|input)(?:\.[A-Za-z_]\w*)+)\s*\}\}/)
  const texts = pieces.filter((_, index) => index % 2 === 0)
  const paths = pieces.filter((_, index) => index % 2 === 1).map((path) => path.split('.'))
  // `size`, `first` and `last` are Liquid's words for parts of a value.
  const isPlain =
    !texts.some((text) => /\{[{%]/.test(text)) && !paths.flat().some((name) => /^(size|first|last)$/.test(name))
  if (!isPlain) return undefined
  return {
    render(data) {
      let rendered = texts[0] ?? ''
      for (const [index, [root = '', ...names]] of paths.entries()) {
        const value = readPath(data[root], names)
        if (typeof value === 'object' && value !== null) return full.render(data)
        rendered += escape(`${value ?? ''}`) + (texts[index + 1] ?? '')
      }
      return rendered
    },
  }
}

const HTML_ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }

const ESCAPES: Record<TemplateKind, (text: string) => string> = {
  text: (text) => text,
  html: (text) => text.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? character),
  // A half of a surrogate pair, which encodeURIComponent refuses, is no character.
  url: (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')),
}

function createLiquid(kind: TemplateKind): Liquid {
  const escape = ESCAPES[kind]
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    memoryLimit: MEMORY_LIMIT,
    renderLimit: RENDER_LIMIT,
    parseLimit: MAX_SOURCE[kind],
    timezoneOffset: 0,
    // An empty map of templates in the place of a file system.
    templates: {},
    outputEscape: (value) => escape(textOf(value)),
  })
  for (const tag of ['include', 'render', 'layout', 'block']) delete liquid.tags[tag]
  // Random.
  delete liquid.filters['sample']
  withoutClock(liquid)
  return liquid
}

/** A value as text. Liquid itself writes maps as "[object Object]" and dates in the server's local time. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(textOf).join('')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `{{ "now" | date: "%Y" }}` is the run's time; Liquid's own filters would ask the clock. */
function withoutClock(liquid: Liquid): void {
  for (const [name, filter] of Object.entries(liquid.filters)) {
    if (!name.startsWith('date') || typeof filter !== 'function') continue
    const original: FilterImplOptions = filter
    liquid.registerFilter(name, function (value: unknown, ...rest: unknown[]) {
      const time = value === 'now' || value === 'today' ? this.context.getSync(['now']) : value
      return original.call(this, time, ...rest)
    })
  }
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'
}

/** Which limit or filter, without the values that a message may quote. */
function reasonOf(error: unknown): string {
  const message = firstLine(error)
  if (message.includes('memory alloc limit')) return 'it makes too much text'
  if (message.includes('template render limit')) return 'it takes too long'
  return `a filter or tag cannot take a value${/, line:\d+, col:\d+/.exec(message)?.[0] ?? ''}`
}
