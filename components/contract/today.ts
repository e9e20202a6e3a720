// The day against which the dates of support, approvals and exemptions are judged.

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Today in UTC as `YYYY-MM-DD`; `RAMPA_TODAY` takes the clock's place, for plans that come out the same on any day. */
export function today(): string {
  const given = process.env.RAMPA_TODAY;
  if (given === undefined) return new Date().toISOString().slice(0, 10);
  if (!DAY.test(given))
    throw new Error(`RAMPA_TODAY: got ${JSON.stringify(given)}, want a day as YYYY-MM-DD`);
  return given;
}
