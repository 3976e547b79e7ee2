// Preloaded into a process under test: its clock is off by CLOCK_OFF_MS milliseconds.
const off = Number(process.env['CLOCK_OFF_MS'])
const TrueDate = Date

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [TrueDate.now() + off] : values, newTarget),
  apply: () => new Date().toString(),
  get: (target, name) => (name === 'now' ? () => TrueDate.now() + off : Reflect.get(target, name)),
})
