// The one unit hash: maps a salted unit to [0, 1), the same in every process and release.

const HALF = 2 ** 32;
const MASK = 0xffff_ffff_ffff_ffffn;
const encoder = new TextEncoder();

/**
 * 64-bit FNV-1a over the UTF-8 of `salt NUL unit`, finished by MurmurHash3's fmix64, because FNV-1a alone leaves the
 * high bits of short, similar units (`user-1`, `user-2`) correlated. The top 53 bits are the fraction.
 * Changing this moves every caller to another arm: it is public behaviour, held by vectors in the tests.
 */
export function hashUnit(salt: string, unit: string): number {
  const mixed = mix64(fnv1a64(encoder.encode(`${salt}\0${unit}`)));
  return Number(mixed >> 11n) / 2 ** 53;
}

/** In two 32-bit halves: BigInt arithmetic per byte would cost ten times as much. The prime is 2^40 + 0x1b3. */
function fnv1a64(bytes: Uint8Array): bigint {
  let high = 0xcbf2_9ce4;
  let low = 0x8422_2325;
  for (const byte of bytes) {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / HALF) + mixed * 0x100) % HALF;
    low = product % HALF;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

function mix64(hash: bigint): bigint {
  let mixed = hash;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xff51_afd7_ed55_8ccdn) & MASK;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & MASK;
  return mixed ^ (mixed >> 33n);
}
