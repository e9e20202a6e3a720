// Looks up resource types and their inputs in the type definitions of the AWS SDK that is installed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

const SDK = join(import.meta.dirname, "../../node_modules/@pulumi/aws");

type Fields = ReadonlyMap<string, string>;

/** Whether the SDK has a resource of this type token, `aws:MODULE/FILE:Class`. */
export function hasType(token: string): boolean {
  return definitionFile(token) !== undefined;
}

/**
 * Whether the resource takes an input at this path, a list of property names without positions in lists. Below a text
 * every path is right: it may be a document.
 */
export function hasInput(token: string, path: readonly string[]): boolean {
  const file = definitionFile(token);
  const name = token.slice(token.lastIndexOf(":") + 1);
  const fields = file === undefined ? undefined : interfacesOf(file).get(`${name}Args`);
  return fields !== undefined && leadsSomewhere(fields, path);
}

function leadsSomewhere(fields: Fields, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const type = fields.get(name);
  if (type === undefined) return false;
  const isText = /\bstring\b/.test(type);
  const nested = /\binputs\.([\w.]+)/.exec(type)?.[1];
  if (isText || nested === undefined) return isText || rest.length === 0;
  const inner = interfacesOf(join(SDK, "types/input.d.ts")).get(nested);
  return inner !== undefined && leadsSomewhere(inner, rest);
}

function definitionFile(token: string): string | undefined {
  const [, path, name] = /^aws:([\w/]+):(\w+)$/.exec(token) ?? [];
  if (path === undefined || name === undefined) return undefined;
  const file = join(SDK, `${path}.d.ts`);
  return existsSync(file) && readFileSync(file, "utf8").includes(`class ${name} `) ? file : undefined;
}

const read = new Map<string, ReadonlyMap<string, Fields>>();

/** Interfaces of a definition file by name, with their namespace; read once. */
function interfacesOf(file: string): ReadonlyMap<string, Fields> {
  const known = read.get(file);
  if (known !== undefined) return known;
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const found = new Map<string, Fields>();
  collect(source, source.statements, "", found);
  read.set(file, found);
  return found;
}

function collect(
  source: ts.SourceFile,
  statements: readonly ts.Statement[],
  prefix: string,
  found: Map<string, Fields>,
): void {
  for (const statement of statements) {
    if (ts.isInterfaceDeclaration(statement)) {
      found.set(`${prefix}${statement.name.text}`, fieldsOf(source, statement));
    } else if (
      ts.isModuleDeclaration(statement) &&
      statement.body !== undefined &&
      ts.isModuleBlock(statement.body)
    ) {
      collect(source, statement.body.statements, `${prefix}${statement.name.text}.`, found);
    }
  }
}

function fieldsOf(source: ts.SourceFile, declaration: ts.InterfaceDeclaration): Fields {
  return new Map(
    declaration.members
      .filter(ts.isPropertySignature)
      .map((member) => [member.name.getText(source), member.type?.getText(source) ?? ""]),
  );
}
