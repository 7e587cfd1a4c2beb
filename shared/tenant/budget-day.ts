import { LRUCache } from 'lru-cache';

/** Making a formatter costs a thousand times its use; there are some 600 zones. */
const formatters = new LRUCache<string, Intl.DateTimeFormat>({ max: 700 });

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const made = new Intl.DateTimeFormat('en-CA', { timeZone, calendar: 'gregory', numberingSystem: 'latn', ...parts });
  formatters.set(timeZone, made);
  return made;
}

/** The calendar day, YYYY-MM-DD, that it is at this time (milliseconds since the Unix epoch) in this IANA time zone. */
export function budgetDay(at: number, timeZone: string): string {
  const parts = formatterOf(timeZone).formatToParts(at);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}`;
}

/** Whether this machine knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    // Offsets such as +02:00 are accepted by Intl too, but have no daylight saving: a person who writes one means a place.
    return /^[A-Za-z]/.test(name) && formatterOf(name) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
