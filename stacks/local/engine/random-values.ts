// The values of the random stand-in: what each resource type makes from its settings, with node:crypto only.
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { PropertyMap } from "./property-values.ts";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const NUMERIC = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

export type RandomKind = {
  /** Result of the generation: the outputs besides the inputs, and the resource's id. */
  generate(inputs: PropertyMap): { readonly id: string; readonly outputs: PropertyMap };
  /** Defaults that the official provider writes into inputs. */
  readonly defaults: PropertyMap;
  readonly required: readonly string[];
  readonly secretOutputs: readonly string[];
};

const TEXT_DEFAULTS = {
  lower: true,
  minLower: 0,
  minNumeric: 0,
  minSpecial: 0,
  minUpper: 0,
  number: true,
  numeric: true,
  special: true,
  upper: true,
} as const;

export const RANDOM_KINDS: Readonly<Record<string, RandomKind>> = {
  "random:index/randomPassword:RandomPassword": {
    generate: (inputs) => ({ id: "none", outputs: { result: randomText(inputs) } }),
    defaults: TEXT_DEFAULTS,
    required: ["length"],
    secretOutputs: ["result"],
  },
  "random:index/randomString:RandomString": {
    generate: (inputs) => {
      const result = randomText(inputs);
      return { id: result, outputs: { result } };
    },
    defaults: TEXT_DEFAULTS,
    required: ["length"],
    secretOutputs: [],
  },
  "random:index/randomId:RandomId": {
    generate: randomIdentifier,
    defaults: {},
    required: ["byteLength"],
    secretOutputs: [],
  },
  "random:index/randomUuid:RandomUuid": {
    generate: () => {
      const result = randomUUID();
      return { id: result, outputs: { result } };
    },
    defaults: {},
    required: [],
    secretOutputs: [],
  },
  "random:index/randomBytes:RandomBytes": {
    generate: (inputs) => {
      const bytes = randomBytes(numberOf(inputs, "length"));
      return { id: "none", outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
    },
    defaults: {},
    required: ["length"],
    secretOutputs: ["base64", "hex"],
  },
};

function numberOf(inputs: PropertyMap, key: string): number {
  const value = inputs[key];
  return typeof value === "number" ? value : 0;
}

function randomIdentifier(inputs: PropertyMap): { id: string; outputs: PropertyMap } {
  const bytes = randomBytes(numberOf(inputs, "byteLength"));
  const prefix = typeof inputs.prefix === "string" ? inputs.prefix : "";
  const hex = bytes.toString("hex");
  const outputs = {
    b64Std: prefix + bytes.toString("base64"),
    b64Url: prefix + bytes.toString("base64url"),
    hex: prefix + hex,
    dec: prefix + BigInt(`0x0${hex}`).toString(10),
  };
  return { id: bytes.toString("base64url"), outputs };
}

/** The character classes that a text draws from, each with the least number of characters it must give. */
function characterClasses(inputs: PropertyMap): { characters: string; least: number }[] {
  const wanted = (key: string): boolean => inputs[key] !== false;
  const special =
    typeof inputs.overrideSpecial === "string" && inputs.overrideSpecial !== ""
      ? inputs.overrideSpecial
      : SPECIAL;
  const numeric = wanted("numeric") && wanted("number");
  return [
    { characters: wanted("lower") ? LOWER : "", least: numberOf(inputs, "minLower") },
    { characters: wanted("upper") ? UPPER : "", least: numberOf(inputs, "minUpper") },
    { characters: numeric ? NUMERIC : "", least: numberOf(inputs, "minNumeric") },
    { characters: wanted("special") ? special : "", least: numberOf(inputs, "minSpecial") },
  ].filter((one) => one.characters !== "");
}

function randomText(inputs: PropertyMap): string {
  const classes = characterClasses(inputs);
  const every = classes.map((one) => one.characters).join("");
  const drawn = classes.flatMap((one) => Array.from({ length: one.least }, () => pick(one.characters)));
  while (drawn.length < numberOf(inputs, "length")) drawn.push(pick(every));
  return shuffle(drawn).join("");
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** Fisher-Yates, so that the required characters are not all in front. */
function shuffle(items: readonly string[]): string[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    const held = shuffled[last] ?? "";
    shuffled[last] = shuffled[other] ?? "";
    shuffled[other] = held;
  }
  return shuffled;
}

/** What is wrong with the inputs, by property. */
export function randomProblems(
  kind: RandomKind,
  inputs: PropertyMap,
): { property: string; reason: string }[] {
  const missing = kind.required
    .filter((key) => inputs[key] === undefined || inputs[key] === null)
    .map((property) => ({ property, reason: "is required" }));
  if (!kind.required.includes("length") || typeof inputs.length !== "number") return missing;
  const least = characterClasses(inputs).reduce((sum, one) => sum + one.least, 0);
  if ("lower" in kind.defaults && characterClasses(inputs).length === 0) {
    return [...missing, { property: "length", reason: "every character class is turned off" }];
  }
  if (inputs.length < Math.max(1, least)) {
    return [
      ...missing,
      { property: "length", reason: `got ${inputs.length}, want at least ${Math.max(1, least)}` },
    ];
  }
  return missing;
}
