// parseSettings: a component's arguments checked at once, before anything is created.
import type { z } from "zod";
import { parseConfig } from "../../serving/contract/config-error.ts";
import { type ComponentToken, typeToken } from "./component.ts";

/** What every component's arguments carry besides the plain settings. */
type Extras = { readonly refs?: unknown; readonly override?: unknown };

/** Checks the settings among `args` (all but `refs` and `override`); throws one ConfigError with every problem. */
export function parseSettings<S extends z.ZodType>(
  schema: S,
  args: z.input<S> & Extras,
  component: ComponentToken & { readonly name: string },
): z.output<S> {
  const { refs: _refs, override: _override, ...settings } = args;
  return parseConfig(schema, settings, {
    source: `${typeToken(component)} "${component.name}"`,
    next: "correct the arguments of this component, then run `pulumi preview`",
  });
}
