// A condition's tree as SQL that gives the answers of evaluator.ts. Each part is asked for as one kind of value and is NULL when it is of
// another, so no implicit conversion of the database ever decides. Where true or false is asked, NULL counts as false.
import type { ASTNode } from '@marcbachmann/cel-js'
import { chainsIn, isChain, isSegments, namesIn } from '../segment/chain.js'
import { constantOf } from '../segment/behaviour.js'
import { isLoop } from '../loops.js'
import { staticType } from '../static-type.js'
import { fieldPath, isNullLiteral, literalValue, textOf } from '../tree.js'
import { Duration, typeName, type TypeName, type Value } from '../values.js'
import { add, calculate, negate, sumOfTimes } from './arithmetic.js'
import { bytes, double, join, name, sql, type Sql } from './fragment.js'
import { isCall, sqlFunction } from './functions.js'
import type { Field, Names, Parts, SqlKind } from './parts.js'
import {
  binary,
  datetime,
  element,
  extract,
  jsonBool,
  fieldIsText,
  jsonIsText,
  jsonNumber,
  jsonPresent,
  jsonText,
} from './json.js'

const ORDERED = ['number', 'string', 'bool'] as const
const KINDS: readonly (TypeName | undefined)[] = ['string', 'number', 'bool', 'timestamp', 'duration']
const NULL = sql`NULL`

export class Expression implements Parts {
  readonly #names: Names
  /** The columns of loop variables. */
  readonly #locals: ReadonlyMap<string, Sql>

  constructor(names: Names, locals: ReadonlyMap<string, Sql> = new Map()) {
    this.#names = names
    this.#locals = locals
  }

  /** Whether a part holds: true, or something that is not (false or NULL). */
  holds(node: ASTNode): Sql {
    if (this.isConstant(node)) return this.constant(node) === true ? sql`TRUE` : sql`FALSE`
    switch (node.op) {
      case '&&':
        return this.#logical(node, '&&')
      case '||':
        return this.#logical(node, '||')
      case '!_':
        return sql`((${this.holds(node.args)}) IS NOT TRUE)`
      case '?:':
        return sql`(CASE WHEN ${this.holds(node.args[0])} THEN ${this.holds(node.args[1])} ELSE ${this.holds(node.args[2])} END)`
      case '==':
      case '!=':
        return this.#equality(node.op, node.args)
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#order(node.op, node.args)
      case 'in':
        return this.#isIn(node, node.args)
      case 'call':
        if (node.args[0] === 'has' && node.args[1][0]) return this.present(node.args[1][0])
        return this.as(node, 'bool')
      case 'rcall':
        return isLoop(node.args[0]) ? this.#loop(node) : this.as(node, 'bool')
      default:
        return this.as(node, 'bool')
    }
  }

  /** `a && b && c` is three parts of one AND, so that long ones do not nest. */
  #logical(node: ASTNode, operator: '&&' | '||'): Sql {
    const parts: Sql[] = []
    let left = node
    while (left.op === operator && !this.isConstant(left)) {
      parts.unshift(this.holds(left.args[1]))
      left = left.args[0]
    }
    return sql`(${join([this.holds(left), ...parts], operator === '&&' ? ' AND ' : ' OR ')})`
  }

  /** A part's value if it is of this kind, else NULL. */
  as(node: ASTNode, kind: SqlKind): Sql {
    if (this.isConstant(node)) return this.#constantAs(node, kind)
    const known = this.kindOf(node)
    if (known !== undefined && known !== kind) return NULL
    const field = this.field(node)
    if (field) return this.#fieldAs(field, kind)
    switch (node.op) {
      case '?:':
        return sql`(CASE WHEN ${this.holds(node.args[0])} THEN ${this.as(node.args[1], kind)} ELSE ${this.as(node.args[2], kind)} END)`
      case '+':
      case '-':
        return this.#sum(node.op, node.args, kind)
      case '*':
      case '/':
      case '%':
        return kind === 'number' ? calculate(node.op, this.#operand(node.args[0]), this.#operand(node.args[1])) : NULL
      case '-_':
        return kind === 'number' ? negate(this.as(node.args, 'number')) : NULL
      case 'call':
        return this.#call(node, node.args[0], undefined, node.args[1], kind)
      case 'rcall':
        if (isLoop(node.args[0])) return kind === 'bool' ? this.#truth(node) : this.#no(node, LOOP_HINT)
        return this.#call(node, node.args[0], node.args[1], node.args[2], kind)
      case 'list':
      case 'map':
        return this.#no(node, 'Lists and maps can only be written with values that are written out too.')
      case '.':
      case '[]':
        return this.#no(node)
      default:
        return kind === 'bool' ? this.#truth(node) : NULL
    }
  }

  /** Whether a part is neither null nor absent. */
  present(node: ASTNode): Sql {
    if (this.isConstant(node)) return this.constant(node) === null ? sql`FALSE` : sql`TRUE`
    const field = this.field(node)
    if (field) return 'json' in field ? jsonPresent(field.json) : sql`(${field.sql} IS NOT NULL)`
    const kind = this.kindOf(node)
    if (kind === 'bool' && !isFunctionCall(node)) return sql`TRUE`
    if (kind !== undefined && isSqlKind(kind)) return sql`(${this.as(node, kind)} IS NOT NULL)`
    if (isLoop(node.op === 'rcall' ? node.args[0] : '')) return this.#no(node, LOOP_HINT)
    return this.#no(node, 'Compare it with a value whose kind is known, such as 0 or "".')
  }

  /** The kind of a part when it is not null; undefined when the data decides. */
  kindOf(node: ASTNode): TypeName | undefined {
    return staticType(node, (one) => {
      const field = this.field(one)
      return field && 'kind' in field ? field.kind : undefined
    })
  }

  /** Where a field, an element or the end of a chain lies; undefined for all else. */
  field(node: ASTNode): Field | undefined {
    if (isChain(node)) return this.#names.chain(node)
    const path = fieldPath(node)
    if (path) {
      const local = this.#locals.get(path[0])
      if (local) return { json: extract(local, path.slice(1)) }
      return path[0] === 'now' ? undefined : this.#names.field(path)
    }
    if (node.op !== '.' && node.op !== '[]') return undefined
    const owner = this.field(node.args[0])
    if (!owner || !('json' in owner)) return undefined
    const key = node.op === '.' ? node.args[1] : literalValue(node.args[1])
    if (typeof key === 'string') return { json: extract(owner.json, [key]) }
    const isPlace = typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < 10_000
    return isPlace ? { json: element(owner.json, key) } : undefined
  }

  isConstant(node: ASTNode): boolean {
    return chainsIn(node).length === 0 && namesIn(node).every((one) => one === 'now')
  }

  constant(node: ASTNode): Value {
    return constantOf(node, this.#names.now)
  }

  refuse(node: ASTNode, message: string, hint?: string): Sql {
    this.#names.refuse(node, message, hint)
    return NULL
  }

  /** A text as bytes, to compare. */
  bytesOf(node: ASTNode): Sql {
    const value = this.isConstant(node) ? this.constant(node) : undefined
    if (typeof value === 'string') return this.#text(node, value)
    return binary(this.as(node, 'string'))
  }

  #no(node: ASTNode, hint?: string): Sql {
    return this.refuse(node, `${textOf(node)} cannot be asked of a whole database.`, hint)
  }

  #truth(node: ASTNode): Sql {
    return sql`((${this.holds(node)}) IS TRUE)`
  }

  #text(node: ASTNode, value: string): Sql {
    if (/\p{Surrogate}/u.test(value)) return this.#no(node, 'It holds half a character.')
    return bytes(value)
  }

  #constantAs(node: ASTNode, kind: SqlKind): Sql {
    const value = this.constant(node)
    if (typeName(value) !== kind) return NULL
    if (typeof value === 'string') return sql`CONVERT(${this.#text(node, value)} USING utf8mb4)`
    if (typeof value === 'boolean') return value ? sql`1` : sql`0`
    if (value instanceof Date) return double(value.getTime())
    if (value instanceof Duration) return double(value.ms)
    return typeof value === 'number' ? double(value) : NULL
  }

  #fieldAs(field: Field, kind: SqlKind): Sql {
    if ('kind' in field) return field.kind === kind ? field.sql : NULL
    if (kind === 'number') return field.number ?? jsonNumber(field.json)
    if (kind === 'string') return jsonText(field.json)
    return kind === 'bool' ? jsonBool(field.json) : NULL
  }

  /** A number, and what it is when it is written: some arithmetic cannot overflow then. */
  #operand(node: ASTNode): { sql: Sql; constant?: number } {
    const constant = this.isConstant(node) ? this.constant(node) : undefined
    return { sql: this.as(node, 'number'), ...(typeof constant === 'number' ? { constant } : {}) }
  }

  #sum(operator: '+' | '-', [left, right]: [ASTNode, ASTNode], kind: SqlKind): Sql {
    if (kind === 'number') return add(operator, this.#operand(left), this.#operand(right))
    if (kind === 'string')
      return operator === '+' ? sql`CONCAT(${this.as(left, 'string')}, ${this.as(right, 'string')})` : NULL
    const times = (one: SqlKind, other: SqlKind) =>
      sumOfTimes(kind, operator, this.as(left, one), this.as(right, other))
    const [leftKind, rightKind] = [this.kindOf(left), this.kindOf(right)]
    if (kind === 'timestamp')
      return leftKind === 'timestamp'
        ? times('timestamp', 'duration')
        : operator === '+'
          ? times('duration', 'timestamp')
          : NULL
    if (kind === 'duration')
      return leftKind === 'timestamp' || rightKind === 'timestamp'
        ? times('timestamp', 'timestamp')
        : times('duration', 'duration')
    return NULL
  }

  #equality(operator: '==' | '!=', [left, right]: [ASTNode, ASTNode]): Sql {
    if (isNullLiteral(left) || isNullLiteral(right)) {
      const present = this.present(isNullLiteral(left) ? right : left)
      return operator === '==' ? sql`((${present}) IS NOT TRUE)` : present
    }
    const equal = this.#equal(left, right)
    if (operator === '==') return equal
    return sql`(${this.present(left)} AND ${this.present(right)} AND (${equal}) IS NOT TRUE)`
  }

  #equal(left: ASTNode, right: ASTNode): Sql {
    const [leftKind, rightKind] = [this.kindOf(left), this.kindOf(right)]
    const kind = leftKind ?? rightKind
    if (kind === undefined) {
      const hint = `Say what they are: double(${textOf(left)}) == double(${textOf(right)}), or ${textOf(left)} + "" == ${textOf(right)} + "".`
      return this.refuse(
        left,
        `${textOf(left)} and ${textOf(right)} may both hold lists, which databases do not compare.`,
        hint,
      )
    }
    if (leftKind !== undefined && rightKind !== undefined && leftKind !== rightKind) return sql`FALSE`
    if (!isSqlKind(kind))
      return this.refuse(left, 'Databases do not compare whole lists or maps.', 'Compare their elements, or size(…).')
    return this.#compare('=', left, right, kind)
  }

  /** Comparisons of one kind; SQL's operator is one of five. */
  #compare(operator: SqlOperator, left: ASTNode, right: ASTNode, kind: SqlKind): Sql {
    const isText = kind === 'string'
    const written =
      isText && operator === '=' ? (this.#isWrittenText(left, right) ?? this.#isWrittenText(right, left)) : undefined
    if (written) return written
    const inColumns = kind === 'timestamp' ? this.#compareColumns(operator, left, right) : undefined
    if (inColumns) return inColumns
    const [one, other] = isText
      ? [this.bytesOf(left), this.bytesOf(right)]
      : [this.as(left, kind), this.as(right, kind)]
    return sql`(${one} ${OPERATORS[operator]} ${other})`
  }

  /** A field of a document against a written text. */
  #isWrittenText(side: ASTNode, text: ASTNode): Sql | undefined {
    const field = this.isConstant(side) ? undefined : this.field(side)
    const value = this.isConstant(text) ? this.constant(text) : undefined
    if (!field || !('json' in field) || typeof value !== 'string') return undefined
    const written = this.#text(text, value)
    return field.at ? fieldIsText(field.at.document, field.at.names, value) : jsonIsText(field.json, [written])
  }

  /** A column of time against a written time is compared as it is. */
  #compareColumns(operator: SqlOperator, left: ASTNode, right: ASTNode): Sql | undefined {
    const side = (node: ASTNode): Sql | undefined => {
      if (this.isConstant(node)) {
        const value = this.constant(node)
        return value instanceof Date && value.getTime() >= 0 ? datetime(value.getTime()) : undefined
      }
      const field = this.field(node)
      return field && 'kind' in field ? field.column : undefined
    }
    const [one, other] = [side(left), side(right)]
    return one && other && sql`(${one} ${OPERATORS[operator]} ${other})`
  }

  #order(operator: '<' | '<=' | '>' | '>=', [left, right]: [ASTNode, ASTNode]): Sql {
    const kind = this.kindOf(left) ?? this.kindOf(right)
    if (kind !== undefined) return isSqlKind(kind) ? this.#compare(operator, left, right, kind) : sql`FALSE`
    return sql`(${join(
      ORDERED.map((one) => this.#compare(operator, left, right, one)),
      ' OR ',
    )})`
  }

  #isIn(node: ASTNode, [left, right]: [ASTNode, ASTNode]): Sql {
    if (isSegments(right)) return this.#names.inSegment(left)
    if (this.isConstant(right)) return this.#isAmong(node, left, this.constant(right))
    const container = this.field(right)
    if (!container || !('json' in container) || !this.isConstant(left)) {
      return this.#no(
        node,
        'One side of in has to be written out: "a" in profile.traits.list, or profile.traits.plan in ["a", "b"].',
      )
    }
    const wanted = this.constant(left)
    const among = this.#elements(container.json, (each) =>
      new Expression(this.#names, new Map([['element', each]])).#isWritten(left, each, wanted),
    )
    if (typeof wanted !== 'string') return sql`(JSON_TYPE(${container.json}) = 'ARRAY' AND ${among})`
    return sql`(CASE JSON_TYPE(${container.json}) WHEN 'ARRAY' THEN ${among} WHEN 'OBJECT' THEN ${jsonPresent(extract(container.json, [wanted]))} END)`
  }

  /** Whether a JSON value is this written one. */
  #isWritten(node: ASTNode, json: Sql, value: Value): Sql {
    if (typeof value === 'string') return jsonIsText(json, [this.#text(node, value)])
    if (typeof value === 'number') return sql`${jsonNumber(json)} = ${double(value)}`
    if (typeof value === 'boolean') return sql`${jsonBool(json)} = ${value ? sql`1` : sql`0`}`
    // Documents hold neither times nor durations, and null is in nothing.
    if (value === null || value instanceof Date || value instanceof Duration) return sql`FALSE`
    return this.refuse(node, 'Databases do not compare whole lists or maps.')
  }

  /** `x in ["a", "b"]`, with one comparison per kind. */
  #isAmong(node: ASTNode, element: ASTNode, options: Value): Sql {
    if (!Array.isArray(options)) {
      if (typeof options !== 'object' || options === null || options instanceof Date || options instanceof Duration)
        return sql`FALSE`
      options = Object.keys(options).filter(
        (key) => options !== null && (options as Record<string, Value>)[key] !== null,
      )
    }
    const kind = this.kindOf(element)
    const field = this.field(element)
    const tests = KINDS.filter(isSqlKind).flatMap((one): Sql[] => {
      const values = (options as Value[]).filter((value) => typeName(value) === one)
      if (values.length === 0 || (kind !== undefined && kind !== one)) return []
      const written = values.map((value) =>
        typeof value === 'string' ? this.#text(node, value) : double(toNumber(value)),
      )
      if (one === 'string' && field && 'json' in field) return [jsonIsText(field.json, written)]
      return [sql`(${one === 'string' ? this.bytesOf(element) : this.as(element, one)} IN (${join(written, ', ')}))`]
    })
    if ((options as Value[]).some((value) => value !== null && !isSqlKind(typeName(value)))) {
      return this.refuse(node, 'Databases do not compare whole lists or maps.')
    }
    return tests.length === 0 ? sql`FALSE` : sql`(${join(tests, ' OR ')})`
  }

  /** exists, all and exists_one over a list of a document, or over the keys of a map. */
  #loop(node: ASTNode & { op: 'rcall' }): Sql {
    const [loop, over, [variable, body]] = node.args
    const list = this.field(over)
    if (!list || !('json' in list) || variable?.op !== 'id' || !body || !['exists', 'all', 'exists_one'].includes(loop))
      return this.#no(node, LOOP_HINT)
    if (loop === 'exists')
      return this.#elements(list.json, (each) => this.#inner(node, variable.args, each).holds(body))
    const isContainer = sql`JSON_TYPE(${list.json}) IN ('ARRAY', 'OBJECT')`
    if (loop === 'exists_one') return sql`(${this.#count(list.json, node, variable.args, body)} = 1)`
    const unfit = this.#elements(
      list.json,
      (each) => sql`((${this.#inner(node, variable.args, each).holds(body)}) IS NOT TRUE)`,
    )
    return sql`(${isContainer} AND NOT ${unfit})`
  }

  /** size(list.filter(x, …)): how many elements fit; NULL without a list. */
  countOfFilter(node: ASTNode): Sql | undefined {
    if (node.op !== 'rcall' || node.args[0] !== 'filter') return undefined
    const [, over, [variable, body]] = node.args
    const list = this.field(over)
    if (!list || !('json' in list) || variable?.op !== 'id' || !body) return undefined
    return sql`(CASE WHEN JSON_TYPE(${list.json}) IN ('ARRAY', 'OBJECT') THEN ${this.#count(list.json, node, variable.args, body)} END)`
  }

  #count(json: Sql, node: ASTNode, variable: string, body: ASTNode): Sql {
    const each = name(`each_${this.#locals.size}.v`)
    return sql`(SELECT COUNT(*) FROM ${this.#table(json)} AND ${this.#inner(node, variable, each).holds(body)})`
  }

  /** Counted: EXISTS over JSON_TABLE becomes a join in MySQL, which is one more thing to go wrong. */
  #elements(json: Sql, holds: (each: Sql) => Sql): Sql {
    const each = name(`each_${this.#locals.size}.v`)
    return sql`((SELECT COUNT(*) FROM ${this.#table(json)} AND ${holds(each)}) > 0)`
  }

  /**
   * FROM the elements of a list, or the keys of a map. In derived tables MySQL forgets that JSON_TABLE reads the row outside and asks it
   * once for all rows; WHERE reads it too, which reminds it.
   */
  #table(json: Sql): Sql {
    const rows = sql`CASE JSON_TYPE(${json}) WHEN 'ARRAY' THEN ${json} WHEN 'OBJECT' THEN JSON_KEYS(${json}) END`
    return sql`JSON_TABLE(${rows}, '$[*]' COLUMNS (v JSON PATH '$')) ${name(`each_${this.#locals.size}`)}
      WHERE ${json} IS NOT NULL`
  }

  #inner(node: ASTNode, variable: string, each: Sql): Expression {
    if (this.#locals.size > 0) this.#no(node, 'A loop inside of a loop is for single profiles only.')
    return new Expression(this.#names, new Map([[variable, each]]))
  }

  #call(node: ASTNode, called: string, receiver: ASTNode | undefined, args: readonly ASTNode[], kind: SqlKind): Sql {
    return sqlFunction(this, { node, name: called, receiver, args }, kind)
  }
}

const LOOP_HINT = 'Use .exists(x, …), .all(x, …) or size(list.filter(x, …)) on a field.'

type SqlOperator = '=' | '<' | '<=' | '>' | '>='
const OPERATORS: Record<SqlOperator, Sql> = { '=': sql`=`, '<': sql`<`, '<=': sql`<=`, '>': sql`>`, '>=': sql`>=` }

function isSqlKind(kind: TypeName | undefined): kind is SqlKind {
  return KINDS.includes(kind)
}

function isFunctionCall(node: ASTNode): boolean {
  return (
    isCall(node) && !(node.op === 'rcall' && isLoop(node.args[0])) && !(node.op === 'call' && node.args[0] === 'has')
  )
}

function toNumber(value: Value): number {
  if (value instanceof Date) return value.getTime()
  return value instanceof Duration ? value.ms : Number(value)
}
