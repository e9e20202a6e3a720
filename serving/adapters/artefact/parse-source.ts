// Splits an artefact's address into its parts.

export type ParsedSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "https"; readonly url: URL }
  | { readonly kind: "hf"; readonly repository: string; readonly revision: string; readonly file: string }
  | { readonly kind: "s3"; readonly bucket: string; readonly key: string }
  | { readonly kind: "oci"; readonly registry: string; readonly repository: string; readonly digest: string }
  | { readonly kind: "pypi"; readonly name: string; readonly version: string; readonly file: string };

/** Undefined when the address has none of the known forms. */
export function parseSource(source: string): ParsedSource | undefined {
  if (source.startsWith("file:/"))
    return { kind: "file", path: source.slice("file:".length).replace(/^\/+/, "/") };
  if (source.startsWith("https://"))
    return URL.canParse(source) ? { kind: "https", url: new URL(source) } : undefined;
  const hf = /^hf:([^@\s]+)@([^/\s]+)\/(\S+)$/.exec(source);
  if (hf?.[1] && hf[2] && hf[3]) return { kind: "hf", repository: hf[1], revision: hf[2], file: hf[3] };
  const s3 = /^s3:\/\/([^/\s]+)\/(\S+)$/.exec(source);
  if (s3?.[1] && s3[2]) return { kind: "s3", bucket: s3[1], key: s3[2] };
  const oci = /^oci:(?:\/\/)?([^/\s]+)\/(\S+)@(sha256:[0-9a-f]{64})$/.exec(source);
  if (oci?.[1] && oci[2] && oci[3])
    return { kind: "oci", registry: oci[1], repository: oci[2], digest: oci[3] };
  const pypi = /^pypi:([^@\s]+)@([^/\s]+)\/(\S+)$/.exec(source);
  if (pypi?.[1] && pypi[2] && pypi[3])
    return { kind: "pypi", name: pypi[1], version: pypi[2], file: pypi[3] };
  return undefined;
}
