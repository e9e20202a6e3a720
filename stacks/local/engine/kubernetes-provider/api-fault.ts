// What a Kubernetes API server answers when it refuses, and what stands in when it does not answer at all.
import { isList, isMap, type PropertyValue, stringAt, valueAt } from "../property-values.ts";

/** The server answered with an error; `reason` is Kubernetes' own word for it, e.g. `AlreadyExists`. */
export class ApiFault extends Error {
  readonly status: number;
  readonly reason: string;
  /** Managers that own the fields in question, where the reason is a conflict. */
  readonly conflicts: readonly string[];

  constructor(status: number, body: PropertyValue) {
    super(stringAt(body, ["message"]) ?? `the Kubernetes API server answered ${status}`);
    this.name = "ApiFault";
    this.status = status;
    this.reason = stringAt(body, ["reason"]) ?? "";
    this.conflicts = fieldConflicts(body);
  }
}

function fieldConflicts(body: PropertyValue): string[] {
  const causes = valueAt(body, ["details", "causes"]);
  if (!isList(causes)) return [];
  return causes
    .filter((cause) => isMap(cause) && cause.reason === "FieldManagerConflict")
    .map(
      (cause) =>
        `${stringAt(cause, ["field"]) ?? "?"} (${stringAt(cause, ["message"]) ?? "another manager"})`,
    );
}

/** The server did not answer. */
export class ApiUnreachable extends Error {
  constructor(server: string, reason: string) {
    super(
      `The Kubernetes API server ${server} does not answer (${reason}).\nNext: npm run rampa -- status shows which part is down; npm run up starts the local cluster`,
    );
    this.name = "ApiUnreachable";
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiFault && error.status === 404;
}
