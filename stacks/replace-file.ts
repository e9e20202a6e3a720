// Writes a file that is whole at every moment: whoever reads it meanwhile, or ends, finds the old text or the new.
import { rename, writeFile } from "node:fs/promises";

export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
