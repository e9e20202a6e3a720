// A resource as previews read it, planned or deployed alike, and how to read its properties. Pure.

export type Resource = {
  readonly type: string;
  readonly urn: string;
  /** Inputs in plain JSON. */
  readonly props: Readonly<Record<string, unknown>>;
};

export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => (isRecord(current) ? current[key] : undefined), value);
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** `urn:pulumi:stack::project::type::name` → `name`. */
export function nameOf({ urn }: Resource): string {
  return urn.split("::").slice(3).join("::");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
