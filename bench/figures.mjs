// Figures of one suite: the median of the rounds, printed as lines of JSON or as a table with ratios.

export class Figures {
  #rounds = new Map();
  #hashes = new Map();
  #expected = new Map();

  /** One round's value. */
  add(name, value, unit) {
    const known = this.#rounds.get(name) ?? { unit, values: [] };
    if (known.unit !== unit) throw new Error(`figure ${name} is given in ${known.unit} and in ${unit}`);
    known.values.push(value);
    this.#rounds.set(name, known);
  }

  /** What the suite computed, so that a wrong result is seen. */
  hash(name, value) {
    this.#hashes.set(name, value);
  }

  expect(name, rows) {
    this.#expected.set(name, rows);
  }

  expected(name) {
    return this.#expected.get(name);
  }

  get list() {
    return [...this.#rounds].map(([name, { unit, values }]) => ({
      name,
      value: rounded(values.toSorted((a, b) => a - b)[values.length >> 1]),
      unit,
    }));
  }

  print({ json }) {
    const figures = this.list;
    if (json) for (const figure of figures) console.log(JSON.stringify(figure));
    else for (const line of withRatios(figures)) console.log(line);
    for (const [name, value] of this.#hashes) {
      if (!json) console.log(`${name.padEnd(44)} ${value.slice(0, 16)}`);
    }
  }
}

/** Counts are exact, measurements have four digits. */
function rounded(value) {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** Beside each figure how many times the slowest of its group (the same first word and unit) it is. */
function withRatios(figures) {
  const groupOf = ({ name, unit }) => `${name.split('/')[0]} ${unit}`;
  const least = new Map();
  for (const figure of figures) {
    least.set(groupOf(figure), Math.min(figure.value, least.get(groupOf(figure)) ?? Infinity));
  }
  return figures.map((figure) => {
    const ratio = figure.value / least.get(groupOf(figure));
    return `${figure.name.padEnd(44)} ${readable(figure).padStart(22)} ${ratio.toFixed(1).padStart(8)}×`;
  });
}

function readable({ value, unit }) {
  if (unit.endsWith('s') && unit.includes('/') && value >= 1e6) return `${(value / 1e6).toFixed(2)} M ${unit}`;
  return `${value} ${unit}`;
}
