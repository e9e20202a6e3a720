// Tools that tests fetch from outside: where one can't be had, its tests are skipped and say why.
import { beforeAll, beforeEach } from "vitest";

const OBTAIN_MS = 900_000;

/** The machine can't fetch a tool. Anything that goes wrong once it is fetched is a failure of its own. */
export class NotObtainable extends Error {}

/** Awaits `fetching`; what it throws becomes NotObtainable. */
export async function fetched<T>(tool: string, fetching: () => T | Promise<T>): Promise<T> {
  try {
    return await fetching();
  } catch (error) {
    throw new NotObtainable(`${tool} cannot be fetched: ${error instanceof Error ? error.message : error}`);
  }
}

/** Brings a tool before the tests of the describe block that calls this; the returned function gives it to them. */
export function useTool<T>(bring: () => Promise<T>, withinMs = OBTAIN_MS): () => T {
  const held: { tool?: { readonly it: T }; reason?: string } = {};
  beforeAll(async () => {
    try {
      held.tool = { it: await bring() };
    } catch (error) {
      if (!(error instanceof NotObtainable)) throw error;
      held.reason = error.message;
    }
  }, withinMs);
  beforeEach((context) => {
    if (held.reason !== undefined) context.skip(`skipped: ${held.reason}`);
  });
  return () => {
    if (held.tool === undefined) throw new Error("the tool is there only while tests run");
    return held.tool.it;
  };
}
