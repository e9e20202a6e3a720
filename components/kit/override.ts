// The escape hatch: a caller changes the arguments of one named child, by a patch or by a function.

/** A patch of `T`: any subset of its plain fields; a list or an Output is replaced as a whole. */
export type Patch<T> = T extends PromiseLike<unknown> | { apply: unknown }
  ? never
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: Patch<T[K]> }
      : T;

/** How a caller changes one child: fields to merge in, or a function from the arguments to new ones. */
export type Override<Args> = Patch<Args> | ((args: Args) => Args);

/** The arguments after the caller's override; the originals are left as they are. */
export function applyOverride<Args extends object>(args: Args, override: Override<Args> | undefined): Args {
  if (override === undefined) return args;
  if (isChange(override)) return override(args);
  return merge(args, override);
}

function isChange<Args>(override: Override<Args>): override is (args: Args) => Args {
  return typeof override === "function";
}

function merge<T extends object>(base: T, patch: object): T {
  const merged = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const before: unknown = Reflect.get(base, key);
    const after = isPlain(before) && isPlain(value) ? merge(before, value) : value;
    // defineProperty: a patch read from a file may name `__proto__`, which an assignment would act on.
    Object.defineProperty(merged, key, {
      value: after,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
}

/** Outputs, promises and resources are objects too, but have a prototype of their own. */
function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
