// Which way `rampa down` takes, by whose cluster it is and whether it answers.
import { expect, it } from "vitest";
import { chooseWay } from "../../../stacks/cli/down.ts";

it.each([
  ["our own that answers", { isForeign: false, answers: true }, false, "destroy"],
  ["our own that is dead", { isForeign: false, answers: false }, false, "forget"],
  ["our own, with purge", { isForeign: false, answers: true }, true, "drop"],
  ["someone else's that answers", { isForeign: true, answers: true }, false, "destroy"],
  ["someone else's, with purge", { isForeign: true, answers: true }, true, "destroy"],
  ["someone else's that is dead", { isForeign: true, answers: false }, false, "destroy"],
] as const)("treats %s cluster rightly", (_, cluster, purge, way) => {
  expect(chooseWay(cluster, purge)).toBe(way);
});
