// The program of `npm run policy`: a stack with stand-ins for what only a cluster or a build can tell.
import { defineStack } from "./define-stack.ts";
import { plannedRefs } from "./planned-refs.ts";
import { readStackSettings } from "./settings.ts";

const settings = readStackSettings();

await defineStack(settings, plannedRefs(settings));
