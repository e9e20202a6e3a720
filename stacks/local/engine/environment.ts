// The environment in which `pulumi` finds this checkout's plugins, state and passphrase, from any shell.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkoutPlaces, type EnginePlaces } from "./places.ts";

/** Variables that would win over ours and point the CLI at another backend or key. */
export const FOREIGN_VARIABLES = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"] as const;

/** File that tells stand-ins from official plugins. */
export const STAND_IN_MARK = "stand-ins";

/** Where the CLI looks for provider plugins. */
export function pluginFolder(places: EnginePlaces): string {
  return join(places.home, "pulumi", "plugins");
}

/** Whether the plugins are Rampa's own, which cannot do anything on AWS but plan. */
export function hasStandIns(places: EnginePlaces): boolean {
  return existsSync(join(pluginFolder(places), STAND_IN_MARK));
}

export type EngineEnvironment = Readonly<Record<string, string>>;

/** The variables alone: nothing is built, downloaded or written. */
export function engineEnvironment(places: EnginePlaces = checkoutPlaces): EngineEnvironment {
  return {
    PATH: withBinFirst(places.bin, process.env.PATH ?? ""),
    PULUMI_HOME: join(places.home, "pulumi"),
    PULUMI_BACKEND_URL: pathToFileURL(places.state).href,
    PULUMI_CONFIG_PASSPHRASE_FILE: places.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NODE_COMPILE_CACHE: join(places.home, "compile-cache"),
    ...(hasStandIns(places) && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
  };
}

function withBinFirst(bin: string, path: string): string {
  const others = path.split(delimiter).filter((entry) => entry !== "" && entry !== bin);
  return [bin, ...others].join(delimiter);
}

/** Lines for `eval "$(rampa env)"`. */
export function shellExports(environment: EngineEnvironment): string {
  const unset = FOREIGN_VARIABLES.map((name) => `unset ${name}`);
  const set = Object.entries(environment).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  return [...unset, ...set, ""].join("\n");
}

/** Single quotes keep everything literal except a single quote itself. */
export function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
