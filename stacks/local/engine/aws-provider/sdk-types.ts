// Finds what the installed AWS SDK declares for a type token: its inputs, outputs and functions, read when asked for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { type Declaration, readDeclaration, readEnum, readNamespace, type TypeNode } from "./declarations.ts";

/** What a `reference` stands for. */
export type Resolved =
  | { readonly kind: "object"; readonly members: Declaration }
  | { readonly kind: "values"; readonly values: readonly (string | number)[] }
  /** A class, or a name that is not declared as data: anything may stand there. */
  | { readonly kind: "open" };

export type ResourceShape = { readonly inputs: Declaration; readonly outputs: Declaration };
export type FunctionShape = { readonly inputs: Declaration; readonly outputs: Declaration };

export type SdkTypes = {
  /** Undefined for a token that this version of the SDK does not have. */
  resource(token: string): ResourceShape | undefined;
  invocation(token: string): FunctionShape | undefined;
  /** Settings of `new aws.Provider`. */
  provider(): Declaration;
  resolve(type: TypeNode): Resolved | undefined;
};

/** Reads from the folder of `@pulumi/aws`; nothing of it is executed. */
export function openSdkTypes(folder: string = sdkFolder()): SdkTypes {
  const read = remember(new Map<string, string>(), (file) => readFileSync(file, "utf8"));
  const namespaces = remember(new Map<string, string | undefined>(), (path) => {
    const [file = "", name = ""] = path.split("#");
    const text = read(join(folder, file));
    return name === "" ? text : readNamespace(text, name);
  });
  const resolveName = remember(new Map<string, Resolved>(), (name) => resolveReference(name, namespaces));
  const declared = (token: string, suffix: string): Declaration | undefined => {
    const { path, name } = placeOf(token);
    const file = findFile(folder, path);
    return file === undefined ? undefined : readDeclaration(read(file), `${name}${suffix}`);
  };
  return {
    resource: remember(new Map<string, ResourceShape | undefined>(), (token) => {
      const [inputs, outputs] = [declared(token, "Args"), declared(token, "")];
      return inputs && outputs ? { inputs, outputs } : undefined;
    }),
    invocation: (token) => {
      const outputs = declared(token, "Result");
      return outputs && { inputs: declared(token, "Args") ?? new Map(), outputs };
    },
    provider: () => declared("aws:index/provider:Provider", "Args") ?? new Map(),
    resolve: (type) => (type.kind === "reference" ? resolveName(type.name) : undefined),
  };
}

function sdkFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));
}

function remember<T>(known: Map<string, T>, find: (key: string) => T): (key: string) => T {
  return (key) => {
    if (known.has(key)) return known.get(key) as T; // `has` says that it is one.
    const found = find(key);
    known.set(key, found);
    return found;
  };
}

/** `aws:eks/nodeGroup:NodeGroup` → eks/nodeGroup.d.ts, NodeGroup; a function's interfaces begin with a capital. */
function placeOf(token: string): { readonly path: string; readonly name: string } {
  const [, module = "", member = ""] = token.split(":");
  return {
    path: module.replace(/^index\//, "").replace(/\/index$/, "/index_"),
    name: member.charAt(0).toUpperCase() + member.slice(1),
  };
}

/** A few files are named in another case than their token. */
function findFile(folder: string, path: string): string | undefined {
  const parent = join(folder, dirname(path));
  const wanted = `${basename(path)}.d.ts`;
  if (existsSync(join(parent, wanted))) return join(parent, wanted);
  const names = existsSync(parent) ? readdirSync(parent) : [];
  const found = names.find((name) => name.toLowerCase() === wanted.toLowerCase());
  return found && join(parent, found);
}

const FILES: Readonly<Record<string, string>> = {
  inputs: "types/input.d.ts",
  outputs: "types/output.d.ts",
};

function resolveReference(name: string, namespaces: (path: string) => string | undefined): Resolved {
  const [scope = "", ...path] = name.split(".");
  const last = path.at(-1) ?? "";
  const file = FILES[scope];
  if (file !== undefined) {
    const members = readDeclaration(namespaces(`${file}#${path.slice(0, -1).join(".")}`) ?? "", last);
    return members ? { kind: "object", members } : { kind: "open" };
  }
  if (scope !== "enums") return { kind: "open" };
  const values = readEnum(namespaces(join("types/enums", ...path.slice(0, -1), "index.d.ts")) ?? "", last);
  return values ? { kind: "values", values } : { kind: "open" };
}
