/** A strict reader of the text format of Prometheus, for tests (Exposition formats: Text-based format). */

/** One series with its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its HELP, its TYPE and its samples. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const SUFFIXES: Readonly<Record<string, RegExp>> = {
  counter: /^_total$/,
  gauge: /^$/,
  histogram: /^_(bucket|sum|count)$/,
};

/** Reads a whole exposition; throws at the first line that the format, or its naming rules, do not allow. */
export function readExposition(text: string): Family[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no line feed");
  const families: { name: string; help: string; type: string; samples: Sample[] }[] = [];
  const seen = new Set<string>();
  const lines = text.split("\n").slice(0, -1);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const help = /^# HELP ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line);
    if (help !== null) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[++index] ?? "");
      if (type?.[1] !== help[1]) throw new Error(`HELP without TYPE: ${line}`);
      if (families.some(({ name }) => name === help[1])) throw new Error(`a second ${help[1]}`);
      families.push({ name: help[1]!, help: help[2]!, type: type![2]!, samples: [] });
      continue;
    }
    const sample = readSample(line);
    const family = families.at(-1);
    if (family === undefined) throw new Error(`a sample before its TYPE: ${line}`);
    const base = family.type === "counter" ? family.name.slice(0, -"_total".length) : family.name;
    if (!sample.name.startsWith(base) || !SUFFIXES[family.type]!.test(sample.name.slice(base.length))) {
      throw new Error(`${sample.name} in the ${family.type} ${family.name}`);
    }
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(key)) throw new Error(`a second ${line}`);
    seen.add(key);
    family.samples.push(sample);
  }
  for (const family of families) if (family.type === "histogram") checkHistogram(family);
  return families;
}

/** Each label set has growing buckets, the last one +Inf, which equals the count. */
function checkHistogram({ name, samples }: Family): void {
  const sets = Map.groupBy(samples, ({ labels: { le, ...others } }) => JSON.stringify(others));
  for (const [labels, set] of sets) {
    const buckets = set.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)));
    const counts = buckets.map(({ value }) => value);
    const isAscending = (values: number[]) =>
      values.every((value, index) => index === 0 || values[index - 1]! <= value);
    if (!isAscending(bounds) || !isAscending(counts)) throw new Error(`buckets of ${name} ${labels}`);
    const valueWith = (suffix: string) => set.find((sample) => sample.name === `${name}${suffix}`)?.value;
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || counts.at(-1) !== valueWith("_count")) {
      throw new Error(`+Inf of ${name} ${labels}`);
    }
    if (valueWith("_sum") === undefined) throw new Error(`no ${name}_sum ${labels}`);
  }
}

/** The value of a series; undefined if the exposition does not have it. */
export function sampleValue(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const samples = readExposition(text).flatMap((family) => family.samples);
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return samples.find((it) => it.name === name && JSON.stringify(Object.entries(it.labels).sort()) === wanted)?.value;
}

function readSample(line: string): Sample {
  const match = /^([a-z_:][a-z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)$/.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = "", text = "", value = ""] = match;
  const labels = Array.from(text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g), ([, label, quoted]) => {
    return [label!, quoted!.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character))] as const;
  });
  if (new Set(labels.map(([label]) => label)).size < labels.length) throw new Error(`a label twice: ${line}`);
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  if (Number.isNaN(number)) throw new Error(`no number: ${line}`);
  return { name, labels: Object.fromEntries(labels), value: number };
}
