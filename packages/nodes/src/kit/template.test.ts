import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonValue, RunData } from '@segue/workflow-engine'
import { parseTemplate, type TemplateKind } from './template.js'

const NOW = Date.UTC(2026, 2, 10, 12, 30)

function data(properties: JsonValue): RunData {
  const event = { id: 'e1', type: 'purchase', properties: { value: properties }, occurredAt: new Date(NOW) }
  return { profile: { traits: { name: 'Ada', tags: ['a', 'b'] } }, event, session: null, now: NOW, input: 'in' }
}

function render(source: string, properties: JsonValue = null): string {
  const template = parseTemplate(source)
  if (typeof template === 'string') throw new Error(template)
  return template.render(data(properties))
}

describe('templates', () => {
  test.each([
    ['no holes', 'no holes'],
    ['Hello {{ profile.traits.name }}!', 'Hello Ada!'],
    ['{{profile.traits.name}}{{ event.type }}', 'Adapurchase'],
    ['{{ profile.traits.missing.deeper }}-', '-'],
    ['{{ profile.traits.tags }}', 'ab'],
    ['{{ profile.traits.tags.size }} {{ profile.traits.tags.first }}', '2 a'],
    ['{{ profile.traits }}', '{"name":"Ada","tags":["a","b"]}'],
    ['{{ event.occurredAt }}', '2026-03-10T12:30:00.000Z'],
    ['{{ now | date: "%Y-%m-%d %H:%M" }}', '2026-03-10 12:30'],
    ['{{ "now" | date: "%Y" }} {{ "today" | date: "%d" }}', '2026 10'],
    ['{{ event.occurredAt | date: "%H" }}', '12'],
    ['{% if session %}yes{% else %}no{% endif %}', 'no'],
    ['{% raw %}{{ event.type }}{% endraw %}', '{{ event.type }}'],
    ['{{ profile.traits.constructor }}{{ profile.__proto__ }}{{ profile.traits.name.length }}', ''],
  ])('%s gives %s', (source, expected) => {
    expect(render(source)).toBe(expected)
  })

  it('renders the same with and without the short way for plain texts', () => {
    const property = fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
      // The assign keeps the second template from being a plain text.
      const plain = 'x {{ event.properties.value }} {{ event.properties.value.name }} y'
      const full = parseTemplate(`{% assign z = 1 %}${plain}`)
      if (typeof full === 'string') throw new Error(full)
      expect(render(plain, value as JsonValue)).toBe(full.render(data(value as JsonValue)))
    })
    fc.assert(property)
  })

  test.each([
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
    '{{ x | sample }}',
    '{{ x | nope }}',
    '{% if %}',
    '{{ x',
    'x'.repeat(30_000),
  ])('refuses %.30s', (source) => {
    expect(typeof parseTemplate(source)).toBe('string')
  })

  it('stops templates that make too much', () => {
    expect(() => render('{% for a in (1..100000000) %}x{% endfor %}')).toThrow('too much text')
  })
})

describe('templates for HTML and addresses', () => {
  const value = `<a href="x">'&'</a>`
  const rendered = (source: string, kind: TemplateKind) => {
    const template = parseTemplate(source, kind)
    if (typeof template === 'string') throw new Error(template)
    return template.render(data(value))
  }

  // The short way for plain texts, a filter, a tag, and a value in a loop all have to escape.
  test.each([
    '{{ event.properties.value }}',
    '{{ event.properties.value | append: "" }}',
    '{% assign x = event.properties.value %}{{ x }}',
    '{% capture x %}{% echo event.properties.value | append: "" %}{% endcapture %}{{ x | raw }}',
    '{% liquid echo event.properties.value %}',
  ])('escape what %s gives', (source) => {
    expect(rendered(source, 'html')).toBe('&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;')
    expect(rendered(source, 'url')).toBe(encodeURIComponent(value))
    expect(rendered(source, 'text')).toBe(value)
  })

  it('leave alone what is written out, and what is marked raw', () => {
    expect(rendered('<p>{{ event.properties.value | raw }}</p>', 'html')).toBe(`<p>${value}</p>`)
  })

  test.each(['{% cycle event.properties.value, "b" %}', '{% for x in event.properties.value %}{{ x }}{% endfor %}'])(
    'let no mark of HTML through %s',
    (source) => {
      expect(rendered(source, 'html')).not.toContain('<')
    },
  )
})
