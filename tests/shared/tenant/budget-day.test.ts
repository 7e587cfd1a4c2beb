import { describe, expect, test } from '@jest/globals';
import { budgetDay, isTimeZone } from '../../../shared/tenant/budget-day.ts';

const at = (text: string): number => Date.parse(text);

describe('the day of a budget', () => {
  test.each([
    ['Etc/UTC', '2026-11-21T00:00:00Z', '2026-11-21'],
    ['Etc/UTC', '2026-11-20T23:59:59.999Z', '2026-11-20'],
    ['America/Denver', '2026-11-21T06:59:59Z', '2026-11-20'],
    ['America/Denver', '2026-11-21T07:00:00Z', '2026-11-21'],
    ['Pacific/Kiritimati', '2026-11-20T10:00:00Z', '2026-11-21'],
    ['Asia/Kathmandu', '2026-11-20T18:14:59Z', '2026-11-20'],
    ['Asia/Kathmandu', '2026-11-20T18:15:00Z', '2026-11-21'],
  ])('in %s at %s is %s', (zone, time, day) => {
    expect(budgetDay(at(time), zone)).toBe(day);
  });

  test('is 23 hours long where the clock goes forward, and 25 where it goes back', () => {
    const hoursOf = (day: string, from: string): number =>
      Array.from({ length: 72 }, (_, hour) => at(from) + hour * 3_600_000).filter((time) => budgetDay(time, 'Europe/Berlin') === day)
        .length;
    expect(hoursOf('2026-03-29', '2026-03-28T00:00:00Z')).toBe(23);
    expect(hoursOf('2026-10-25', '2026-10-24T00:00:00Z')).toBe(25);
  });

  test.each([
    ['Europe/Berlin', true],
    ['Etc/UTC', true],
    ['Mars/Olympus', false],
    ['+02:00', false],
    ['', false],
  ])('the time zone %j is known: %s', (name, isKnown) => {
    expect(isTimeZone(name)).toBe(isKnown);
  });
});
