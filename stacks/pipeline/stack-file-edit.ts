// Marks a stack file as gone back to an earlier image, or takes the mark away. Pure.
import { parseDocument } from "yaml";

const ROLLBACK = ["config", "rampa:promotion", "rollbackTo"];

/** Without a change of the mark, every character of the file stays. */
export function withRollback(text: string, digest: string | undefined): string {
  const document = parseDocument(text);
  if (document.getIn(ROLLBACK) === digest) return text;
  // Without a promotion nothing compares images, so nothing has to be let through.
  if (!document.hasIn(ROLLBACK.slice(0, -1))) return text;
  if (digest === undefined) document.deleteIn(ROLLBACK);
  else document.setIn(ROLLBACK, digest);
  return document.toString({ lineWidth: 0 });
}
