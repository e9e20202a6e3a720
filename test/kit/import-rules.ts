// Who may import whom: rooms of the tree, and for each room the rooms it may reach. Pure.
import type { SourceFile } from "./source-graph.ts";

/** Longest prefix wins; a room is named by its prefix. */
const ROOMS = [
  "stacks",
  "components/contract",
  "components/kit",
  "components",
  "serving/contract",
  "serving/core",
  "serving/ports.ts",
  "serving/pipeline",
  "serving/adapters",
  "serving/http",
  "serving/controller",
  "serving/console",
  "serving/main.ts",
  "serving/bundle.ts",
  "policies",
  "policies/pack-folder.ts",
  "policies/harness",
  "policies/judge-stacks.ts",
  "test",
] as const;

type Room = (typeof ROOMS)[number];

const SERVING_SHELL = ["serving/ports.ts", "serving/core", "serving/contract"] as const;

/** Besides itself. `test` reaches everything and is reached by nothing. */
const MAY_IMPORT: Record<Exclude<Room, "test">, readonly Room[]> = {
  stacks: [
    "components",
    "components/contract",
    "components/kit",
    "serving/contract",
    "serving/bundle.ts",
    "policies/pack-folder.ts",
    "policies/harness",
    "policies/judge-stacks.ts",
  ],
  "components/contract": [],
  "components/kit": ["components/contract", "serving/contract"],
  components: ["components/kit", "components/contract", "serving/contract"],
  "serving/contract": [],
  "serving/core": ["serving/contract"],
  "serving/ports.ts": ["serving/contract", "serving/core"],
  "serving/pipeline": SERVING_SHELL,
  "serving/adapters": SERVING_SHELL,
  "serving/http": ["serving/pipeline", "serving/adapters", ...SERVING_SHELL],
  "serving/controller": SERVING_SHELL,
  "serving/console": SERVING_SHELL,
  "serving/main.ts": ["serving/http", "serving/controller", "serving/adapters", "serving/contract"],
  "serving/bundle.ts": [],
  policies: [
    "components/contract",
    "policies/pack-folder.ts",
    "policies/harness",
    "policies/judge-stacks.ts",
  ],
  "policies/pack-folder.ts": [],
  "policies/harness": ["policies"],
  "policies/judge-stacks.ts": ["policies", "policies/harness"],
};

export function roomOf(path: string): Room | undefined {
  const matching = ROOMS.filter((room) => path === room || path.startsWith(`${room}/`));
  return matching.toSorted((a, b) => b.length - a.length)[0];
}

/** One line for each import that the table does not allow. */
export function findForbiddenImports(file: SourceFile): readonly string[] {
  const from = roomOf(file.path);
  if (from === undefined) return [`${file.path} lies in no room`];
  if (from === "test") return [];
  const local = file.local.filter((to) => !isAllowed(file.path, from, to));
  const external = file.external.filter((name) => isForbiddenPackage(from, name));
  return [...local, ...external].map((to) => `${file.path} → ${to}`);
}

function isAllowed(path: string, from: Exclude<Room, "test">, to: string): boolean {
  const room = roomOf(to);
  // Areas of components meet in stacks/platform.ts, never in each other.
  if (from === "components" && room === "components") return areaOf(path) === areaOf(to);
  return room !== undefined && (room === from || MAY_IMPORT[from].includes(room));
}

function areaOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function isForbiddenPackage(from: Room, name: string): boolean {
  if (from === "serving/core") return true;
  if (from.startsWith("serving/")) return name.startsWith("@pulumi/");
  return false;
}
