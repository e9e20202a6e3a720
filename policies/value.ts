// Value: reads a resource's properties by path, keeping "absent" and "not known before the deployment" apart.

/** What the engine sends in place of a value that only the deployment will know (sdk/go/common/resource/plugin/rpc.go). */
const UNKNOWN_MARKS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export type ValueState = "known" | "absent" | "unknown";

/** One property with its path. Reading below an unknown value gives unknown values, below an absent one absent values. */
export class Value {
  readonly path: string;
  readonly raw: unknown;
  readonly state: ValueState;

  constructor(path: string, raw: unknown) {
    this.path = path;
    this.raw = raw;
    this.state = UNKNOWN_MARKS.has(raw) ? "unknown" : raw === undefined || raw === null ? "absent" : "known";
  }

  at(...keys: readonly (string | number)[]): Value {
    return keys.reduce<Value>((value, key) => value.child(key), this);
  }

  items(): readonly Value[] {
    return Array.isArray(this.raw) ? this.raw.map((_, index) => this.child(index)) : [];
  }

  entries(): readonly (readonly [string, Value])[] {
    if (this.raw === null || typeof this.raw !== "object" || Array.isArray(this.raw)) return [];
    return Object.keys(this.raw).map((key) => [key, this.child(key)] as const);
  }

  /** A copy of the object, one level deep; empty for anything else. */
  record(): Record<string, unknown> {
    return Object.fromEntries(this.entries().map(([key, child]) => [key, child.raw]));
  }

  text(): string | undefined {
    return this.state === "known" && typeof this.raw === "string" ? this.raw : undefined;
  }

  number(): number | undefined {
    return typeof this.raw === "number" ? this.raw : undefined;
  }

  flag(): boolean | undefined {
    return typeof this.raw === "boolean" ? this.raw : undefined;
  }

  /** Whether this is an object or a list with nothing inside. */
  isEmpty(): boolean {
    return this.state === "known" && typeof this.raw === "object" && Object.keys(this.raw ?? {}).length === 0;
  }

  /** Every unknown value at or below this one. */
  unknowns(): readonly Value[] {
    if (this.state === "unknown") return [this];
    const children = Array.isArray(this.raw) ? this.items() : this.entries().map(([, child]) => child);
    return children.flatMap((child) => child.unknowns());
  }

  /** Every text at or below this one. */
  texts(): readonly Value[] {
    if (this.text() !== undefined) return [this];
    const children = Array.isArray(this.raw) ? this.items() : this.entries().map(([, child]) => child);
    return children.flatMap((child) => child.texts());
  }

  private child(key: string | number): Value {
    const path = joinPath(this.path, key);
    if (this.state === "unknown") return new Value(path, this.raw);
    const isObject = this.raw !== null && typeof this.raw === "object";
    return new Value(path, isObject && Object.hasOwn(this.raw, key) ? Reflect.get(this.raw, key) : undefined);
  }
}

function joinPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}
