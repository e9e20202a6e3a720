// Licences that dependencies may have, as data with reasons, and the reader of SPDX expressions. Pure.

/** For everything, whether it ships or only builds. */
export const ALLOWED_LICENSES: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
]);

/** For what is installed for development only and goes into no image. */
export const ALLOWED_FOR_DEVELOPMENT: ReadonlySet<string> = new Set(["CC-BY-4.0", "MPL-2.0"]);

/** Packages whose declaration says too little or is of another kind, by name, each with what was found. */
export const REVIEWED_LICENSES: Readonly<
  Record<string, { readonly declared: string; readonly why: string }>
> = {
  "@logdna/tail-file": {
    declared: "SEE LICENSE IN LICENSE",
    why: "its file LICENSE holds the MIT licence",
  },
  "spdx-exceptions": {
    declared: "CC-BY-3.0",
    why: "a list of names as data, used unchanged and with its notice",
  },
};

/** Whether one may keep to `allowed` alone; of `OR` one side is enough, of `AND` both are needed. */
export function isLicenseAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const words = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const readTerm = (): boolean => {
    const word = words[at];
    at += 1;
    if (word !== "(") {
      // An exception gives more rights, never fewer.
      if (words[at] === "WITH") at += 2;
      return word !== undefined && allowed.has(word);
    }
    const inner = readAlternatives();
    const closed = words[at] === ")";
    at += 1;
    return inner && closed;
  };
  const readBoth = (): boolean => {
    let holds = readTerm();
    while (words[at] === "AND") {
      at += 1;
      holds = readTerm() && holds;
    }
    return holds;
  };
  const readAlternatives = (): boolean => {
    let holds = readBoth();
    while (words[at] === "OR") {
      at += 1;
      holds = readBoth() || holds;
    }
    return holds;
  };
  const holds = readAlternatives();
  return holds && at === words.length;
}
