// Fields of a profile's typed documents: declared on a class, read leniently out of the JSON that is kept.
import 'reflect-metadata'
import type { JsonValue } from '@segue/event-model'
import { Field, Float, type ClassType } from 'type-graphql'

interface DocumentField {
  property: string
  /** Its name in the JSON. */
  key: string
  read: (value: JsonValue | undefined) => unknown
}

const FIELDS = Symbol('fields of a document')

/** A text; numbers and booleans are shown as text, anything else as null. The JSON's name is the property's in snake case. */
export function text(description: string): PropertyDecorator {
  return documentField(() => String, readText, description)
}

/** A list of texts; a single one is a list of one, what is no text is left out. */
export function texts(description: string): PropertyDecorator {
  return documentField(() => [String], readTexts, description)
}

/** A number; a text that is one counts. */
export function number(description: string): PropertyDecorator {
  return documentField(() => Float, readNumber, description)
}

/** A document within: an empty one when there is none, so that a query need not ask twice. */
export function part<Part extends object>(type: () => ClassType<Part>, description: string): PropertyDecorator {
  return documentField(type, (value) => readDocument(type(), value), description, false)
}

/** Fills a document's class from what is kept; whatever does not fit its field is null. */
export function readDocument<Document extends object>(
  type: ClassType<Document>,
  json: JsonValue | undefined,
): Document {
  const document = new type()
  const source = typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {}
  const fields = (Reflect.getMetadata(FIELDS, type.prototype) ?? []) as DocumentField[]
  for (const { property, key, read } of fields) {
    Object.assign(document, { [property]: read(Object.hasOwn(source, key) ? source[key] : undefined) })
  }
  return document
}

function documentField(
  returns: () => unknown,
  read: DocumentField['read'],
  description: string,
  nullable = true,
): PropertyDecorator {
  return (target, property) => {
    const name = String(property)
    Field(returns as () => ClassType, { nullable, description })(target, property)
    const fields = (Reflect.getOwnMetadata(FIELDS, target) ?? []) as DocumentField[]
    const key = name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
    Reflect.defineMetadata(FIELDS, [...fields, { property: name, key, read }], target)
  }
}

function readText(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

function readTexts(value: JsonValue | undefined): string[] | null {
  if (value === undefined || value === null) return null
  return (Array.isArray(value) ? value : [value]).map(readText).filter((item) => item !== null)
}

function readNumber(value: JsonValue | undefined): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null
  const result = Number(value)
  return Number.isFinite(result) ? result : null
}
