// Settings of where a pool's machines come from: on demand, spot, a reservation or a capacity block.
import { z } from "zod";

const time = (what: string) => z.iso.datetime("a time in UTC, e.g. 2027-01-10T11:30:00Z").describe(what);

const reservationId = z
  .string()
  .regex(/^cr-[0-9a-z]+$/, "the ID of a capacity reservation, e.g. cr-0123456789abcdef0");

const onDemand = z.strictObject({
  kind: z.literal("on-demand").describe("Machines at the list price while there are any."),
});

const spotKind = z.literal("spot").describe("Spare machines at a discount, taken back within two minutes.");

const reservationKind = z.literal("reservation").describe("Machines reserved for this account.");

const reservation = z.strictObject({
  kind: reservationKind,
  id: reservationId.describe("ID of the capacity reservation."),
});

const capacityBlock = z.strictObject({
  kind: z.literal("capacity-block").describe("Machines bought for a period, as most P types are to be had."),
  reservationId: reservationId.describe("ID of the capacity block."),
  startsAt: time("When the block starts; there are no nodes before."),
  endsAt: time("When the block ends; its nodes are empty well before."),
});

/** What a managed node group has: one kind of capacity. */
export const managedCapacity = z
  .discriminatedUnion("kind", [onDemand, z.strictObject({ kind: spotKind }), capacityBlock, reservation])
  .prefault({ kind: "on-demand" });

const FALLBACK = "Whether Karpenter buys on demand where there is none of it; never beside a capacity block.";

const onDemandFallback = z.boolean().default(false).describe(FALLBACK);

const NO_MIX = "false: what is over the block would be bought at the list price of its types";

/** What a NodePool has: Karpenter may fall back to on-demand machines, but not from a capacity block. */
export const karpenterCapacity = z
  .discriminatedUnion("kind", [
    onDemand,
    z.strictObject({ kind: spotKind, onDemandFallback }),
    capacityBlock.extend({ onDemandFallback: z.literal(false, NO_MIX).default(false).describe(FALLBACK) }),
    reservation.extend({ onDemandFallback }),
  ])
  .prefault({ kind: "on-demand" });
