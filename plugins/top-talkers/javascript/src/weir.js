// Settings, questions and answers for a monitor in JavaScript: a thin layer over wit/monitor.wit.

export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000n * MILLISECOND;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;

const UNITS = new Map([["ms", MILLISECOND], ["s", SECOND], ["m", MINUTE], ["h", HOUR]]);

// A span of time in the largest unit that needs no fraction: 90s, 2h.
export function showSpan(nanos) {
  if (nanos === 0n) return "0s";
  for (const [unit, size] of [...UNITS].reverse()) {
    if (nanos % size === 0n) return `${nanos / size}${unit}`;
  }
  return `${Number(nanos) / Number(MILLISECOND)}ms`;
}

// Nanoseconds, a BigInt, of a text such as 250ms, 90s or 1.5h; throws a text for any other.
export function parseSpan(text) {
  const [, whole, fraction, unit] = /^(\d+)(?:\.(\d+))?(?![\d.])(.*)$/.exec(text) ?? [];
  if (whole === undefined) throw "expected a number and a unit, such as 90s, 1.5h or 250ms";
  if (unit === "") throw "write the unit behind the number: ms, s, m or h";
  const size = UNITS.get(unit);
  if (size === undefined) throw "the unit must be ms, s, m or h";
  // Without a detour through binary fractions.
  const scale = 10n ** BigInt((fraction ?? "").length);
  const scaled = BigInt(whole + (fraction ?? "")) * size;
  if (scaled % scale !== 0n) throw "must be whole nanoseconds";
  return scaled / scale;
}

// The monitor's settings. Each is asked for by its name, with what it is, its default and its
// range; then `check` tells everything that is wrong at once, and names what nobody asked for.
// From the same the host gets the settings' JSON Schema, for whoever inspects the monitor.
export class Settings {
  #setup;
  #values;
  #known = new Map();
  #problems = [];

  constructor(setup) {
    this.#setup = setup;
    this.#values = new Map(Object.entries(JSON.parse(setup.config())));
  }

  // A text.
  text(name, about, byDefault) {
    this.#know(name, about, { type: "string" }, byDefault);
    return this.#value(name, byDefault, (value) => typeof value === "string", "a string");
  }

  // A number from `least` to `most`, both included.
  number(name, about, byDefault, least, most) {
    this.#know(name, about, { type: "number", minimum: least, maximum: most }, byDefault);
    const value = this.#value(name, byDefault, (value) => typeof value === "number", "f64");
    return this.#inRange(name, value, byDefault, least, most, String);
  }

  // A whole number from `least` to `most`, both included.
  whole(name, about, byDefault, least, most) {
    this.#know(name, about, { type: "integer", minimum: least, maximum: most }, byDefault);
    const value = this.#value(name, byDefault, Number.isInteger, "u64");
    if (value < 0) {
      this.problem(name, `invalid value: ${kind(value)}, expected u64`);
      return byDefault;
    }
    return this.#inRange(name, value, byDefault, least, most, String);
  }

  // A duration with its unit, as in "90s", from `least` to `most`, in nanoseconds as a BigInt.
  span(name, about, byDefault, least, most) {
    const kind = { type: "string", pattern: "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$" };
    const bounds = { "x-minimum": showSpan(least), "x-maximum": showSpan(most) };
    this.#know(name, about, { ...kind, ...bounds }, showSpan(byDefault));
    const expected = 'a duration with its unit, such as "90s", "2m" or "250ms"';
    const isText = (value) => typeof value === "string";
    const text = this.#value(name, showSpan(byDefault), isText, expected);
    try {
      return this.#inRange(name, parseSpan(text), byDefault, least, most, showSpan);
    } catch (wrong) {
      this.problem(name, `${JSON.stringify(text)}: ${wrong}`);
      return byDefault;
    }
  }

  // Notes a mistake.
  problem(path, message) {
    this.#problems.push({ path, message, offset: undefined });
  }

  // Refuses the settings where anything is wrong with them.
  check() {
    const known = [...this.#known.keys()].map((name) => `\`${name}\``);
    const expected = known.length > 2 ? `one of ${known.join(", ")}` : known.join(" or ");
    for (const name of this.#values.keys()) {
      if (this.#known.has(name)) continue;
      this.problem(name, `unknown field \`${name}\`, expected ${expected}`);
    }
    if (this.#problems.length > 0) throw this.#problems;
    const properties = Object.fromEntries(this.#known);
    const schema = { type: "object", additionalProperties: false, properties };
    try {
      this.#setup.schema(JSON.stringify(schema));
    } catch (error) {
      throw problemsOf(error);
    }
  }

  #know(name, about, kind, byDefault) {
    this.#known.set(name, { description: about, ...kind, default: byDefault });
  }

  #value(name, byDefault, isRight, expected) {
    const value = this.#values.has(name) ? this.#values.get(name) : byDefault;
    if (isRight(value)) return value;
    this.problem(name, `invalid type: ${kind(value)}, expected ${expected}`);
    return byDefault;
  }

  #inRange(name, value, byDefault, least, most, show) {
    if (value >= least && value <= most) return value;
    this.problem(name, `must be between ${show(least)} and ${show(most)}, not ${show(value)}`);
    return byDefault;
  }
}

function kind(value) {
  switch (typeof value) {
    case "number":
      return `${Number.isInteger(value) ? "integer" : "floating point"} \`${value}\``;
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "boolean":
      return `boolean \`${value}\``;
  }
  if (value === null) return "null";
  return Array.isArray(value) ? "sequence" : "map";
}

// What the host found wrong, as `configure` must throw it: a list of problems.
function problemsOf(error, setting) {
  const { path, message, offset } = error.payload;
  return [{ path, message: setting === undefined ? message : `${setting}: ${message}`, offset }];
}

// Asks for `onTick` at every multiple of `period`, in nanoseconds, since the epoch.
export function tickEvery(setup, period) {
  try {
    setup.tickEvery(period);
  } catch (error) {
    throw problemsOf(error);
  }
}

// Declares a question over a window in nanoseconds.
export function query(setup, question, window) {
  try {
    return setup.query(question, window);
  } catch (error) {
    throw problemsOf(error);
  }
}

// Declares a question of the lines that satisfy a condition from the settings; `setting` is its
// name there, and an empty one holds for every line.
export function queryWhere(setup, setting, condition, question, window) {
  const asked = condition.trim() === "" ? question : `where ${condition} | ${question}`;
  try {
    return setup.query(asked, window);
  } catch (error) {
    throw problemsOf(error, setting);
  }
}

// The rows of a question's answer, which has so many keys and values a row:
// `{ keys: [text, ...], values: [number, ...] }`.
export function rows(table, keys, values) {
  const count = table.values.length / values;
  if (!Number.isInteger(count) || table.keys.ends.length !== count * keys) {
    throw new Error(`the answer has no rows of ${keys} keys and ${values} values`);
  }
  const texts = split(table.keys);
  return Array.from({ length: count }, (_, row) => ({
    keys: texts.slice(row * keys, (row + 1) * keys),
    values: [...table.values.slice(row * values, (row + 1) * values)],
  }));
}

const decoder = new TextDecoder();

// The texts of a block.
export function split({ ends, utf8 }) {
  return Array.from(ends, (end, index) => decoder.decode(utf8.subarray(ends[index - 1] ?? 0, end)));
}
