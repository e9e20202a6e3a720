// Entry of the policy pack: what `pulumi preview --policy-pack policies` serves.
import { packRules } from "./pack-rules.ts";
import { startPack } from "./start-pack.ts";

startPack("rampa", packRules);
