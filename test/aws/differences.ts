// What a planned value and the one that was read back do not share; what AWS adds of its own is no difference.

type Names = {
  /** Planned path → name in what is read. */
  readonly as: Readonly<Record<string, string>>;
  /** Planned paths that are not looked at. */
  readonly hidden: readonly string[];
  readonly path: string;
};
type Values = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** AWS spells one word in many ways: `KmsKeyId`, `kmsKeyId`, `KMSKeyId`. */
const word = (name: string): string => name.replaceAll("_", "").toLowerCase();

export function member(values: Values, name: string): unknown {
  const key = Object.keys(values).find((each) => word(each) === word(name));
  return key === undefined ? undefined : values[key];
}

/** The value at a dotted path; a list on the way gives the values of all its elements. */
export function at(value: unknown, path: string): unknown {
  if (path === "") return value;
  const [first = "", ...rest] = path.split(".");
  if (Array.isArray(value)) {
    if (/^\d+$/.test(first)) return at(value[Number(first)], rest.join("."));
    return value.flatMap((each) => at(each, path) ?? []);
  }
  return isMap(value) ? at(member(value, first), rest.join(".")) : undefined;
}

/** Sentences `path: planned …, read …`; none means that all which was planned is there. */
export function differences(planned: unknown, read: unknown, names: Names): string[] {
  if (isMap(planned)) return ofMaps(planned, read, names);
  if (Array.isArray(planned)) return ofLists(planned, read, names);
  return isSame(planned, read) || isSame(planned, unwrapped(read)) ? [] : [differ(planned, read, names)];
}

const differ = (planned: unknown, read: unknown, { path }: Names): string =>
  `${path}: planned ${JSON.stringify(planned)}, read ${JSON.stringify(read)}`;

function ofMaps(planned: Values, read: unknown, names: Names): string[] {
  if (Array.isArray(read))
    return isPairs(read) ? ofMaps(planned, toMap(read), names) : nearest(planned, read, names);
  if (!isMap(read)) return [differ(planned, read, names)];
  return Object.entries(planned).flatMap(([key, value]) => {
    const path = names.path === "" ? key : `${names.path}.${key}`;
    if (names.hidden.includes(withoutIndices(path))) return [];
    const inside = names.as[withoutIndices(path)]?.split(".").at(-1) ?? key;
    return differences(value, member(read, inside), { ...names, path });
  });
}

const withoutIndices = (path: string): string => path.replaceAll(/\.\d+(?=\.|$)/g, "");

function ofLists(planned: readonly unknown[], read: unknown, names: Names): string[] {
  const list = unwrapped(read);
  if (!Array.isArray(list) && planned.length === 1) return differences(planned[0], read, names);
  if (!Array.isArray(list) || planned.length !== list.length) return [differ(planned, read, names)];
  return planned.flatMap((each, index) => nearest(each, list, { ...names, path: `${names.path}.${index}` }));
}

/** The differences from the element that has the fewest. */
function nearest(planned: unknown, read: readonly unknown[], names: Names): string[] {
  const all = read.map((each) => differences(planned, each, names));
  return all.sort((a, b) => a.length - b.length)[0] ?? [differ(planned, read, names)];
}

/** `{"Value": x}` and the like are x. */
function unwrapped(read: unknown): unknown {
  if (!isMap(read)) return read;
  const [value, ...others] = Object.values(read);
  return others.length === 0 ? value : read;
}

const isPairs = (read: readonly unknown[]): boolean =>
  read.length > 0 &&
  read.every((each) => isMap(each) && Object.keys(each).every((key) => /^(tag)?(key|value)$/i.test(key)));

function toMap(pairs: readonly unknown[]): Values {
  const entries = pairs
    .filter(isMap)
    .map((pair) => [
      String(member(pair, "key") ?? member(pair, "tagKey")),
      member(pair, "value") ?? member(pair, "tagValue"),
    ]);
  return Object.fromEntries(entries);
}

function isSame(planned: unknown, read: unknown): boolean {
  if (Array.isArray(read)) return read.some((each) => isSame(planned, each));
  if (planned === undefined || read === undefined) return planned === read;
  return canonical(planned) === canonical(read);
}

/** How AWS answers where it was asked by a truth. */
const isOn = (text: string): boolean => text === "enabled" || text === "active";

/** Documents compare by what they say, numbers and truths by how they are written, names without the root's dot. */
function canonical(value: unknown): string {
  if (isMap(value)) return JSON.stringify(value);
  const text = String(value);
  if (!/^\s*[{[]\s*["{]/.test(text)) return isOn(text) ? "true" : text.replace(/\.$/, "");
  return JSON.stringify(JSON.parse(text));
}
