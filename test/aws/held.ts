// All types that moto can hold: one row a type.
import { ACCESS } from "./access-rows.ts";
import type { Row } from "./api-row.ts";
import { NETWORK } from "./network-rows.ts";
import { SERVICES } from "./service-rows.ts";
import { STORAGE } from "./storage-rows.ts";

/** By the type of the resource. */
export const HELD: Readonly<Record<string, Row>> = { ...NETWORK, ...STORAGE, ...ACCESS, ...SERVICES };
