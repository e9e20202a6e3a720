// Kubernetes quantities: `64`, `500m`, `1000Gi` as plain numbers.
import type { Value } from "../value.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** In the quantity's own unit (cores, bytes, pieces); undefined for what is no quantity, and for what is not known. */
export function quantityOf(value: Value): number | undefined {
  const [, digits, unit = ""] =
    /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(value.text() ?? `${value.number()}`) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
