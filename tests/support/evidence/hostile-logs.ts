/** Logs that come as near as they can to what a detector finds, on both sides of the line: the same lines for the same seed. */
import { mulberry32 } from '../../../scripts/random/mulberry32.ts';
import { awkward, disguises } from './adversary.ts';
import { contexts, planted } from './plant-pii.ts';

const values = [...Object.values(planted).flat(), ...Object.values(awkward).flat()];

/** What checks look for, and what stands around it; parts of them make something only together. */
const fragments = [
  'pass¦password=¦passphrase ¦--passwd x¦pwd:¦secret¦token"¦api_key=¦key¦credentials|¦authorization: ¦bearer ¦Basic YWRh¦cookie: a=bcd¦phone 5550143¦mobile¦tel.¦fax',
  '2025550143¦555014¦12345678¦0123456¦4111111111111¦ at a dot b ¦eyJhbGciOi.eyJzdWIiOi¦AKIA¦ASIAIOSFODNN7EXAMPLE¦AIza¦ghp_¦xoxb-¦sk-¦sk_live_¦npm_¦glpat-',
  'github_pat_¦abcdefghijklmnop¦de89¦GB82¦no93¦3704 0044 0532 0130 00¦[withheld:¦[at]¦(dot)¦{.}¦<@>¦(at¦@¦@example¦.com¦%40¦%4¦\\u0040¦\\¦&commat;¦&#64;¦&amp',
  '=40¦=4¦?q=a+b¦x=1+2¦==¦://¦http://a:b@c¦::¦::1¦fe80:¦:1:2:3:4:5¦1.2.3.4¦1.2.3¦078-05-¦1120¦+1¦+49 30¦(202)¦0044¦03:40:11¦2026-11-21¦T¦Z¦1767000000123',
  '0.1233701103309930¦-0¦1e21¦00¦"¦""¦\'¦{¦}¦[¦]¦,¦H4sI¦/H4sIAAAA¦KLUv/QAAAAAAAAAA¦0x¦deadbeefdeadbeefdeadbeefdeadbeef¦6164614065¦78616d706c652e636f6d',
  '-----BEGIN EC PRIVATE KEY-----¦-----END EC PRIVATE KEY-----¦ ¦ ¦ ¦\t¦\n¦\u0000¦\u001b[1m¦é¦\uff20¦\ud800¦\u200b¦/usr/lib/node_modules/a-b/c_d.js:12:80',
  'std::vec¦__proto__¦email¦zip¦10',
].flatMap((some) => some.split('¦'));

/** A generator of one log. */
export class HostileLog {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** So many records, one a line, a few of them none. */
  log(lines: number): string {
    return Array.from({ length: lines }, () => this.#line()).join('\n') + (this.#chance(0.5) ? '\n' : '');
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #of<T>(all: readonly T[], other: T): T {
    return all[this.#below(all.length)] ?? other;
  }

  #line(): string {
    const stream = this.#of(['stdout', 'stderr', 'system', 'other'], 'stdout');
    const record = {
      at: this.#of([0, 7, 1_767_000_000_007, 1e20, -1], 0),
      stream,
      text: this.#text(),
      taskId: this.#of(['a', 'load-2_b'], 'a'),
      attempt: 1,
    };
    const line = JSON.stringify(this.#chance(0.03) ? { ...record, more: 1 } : record);
    return this.#chance(0.1) ? this.#changed(line) : line;
  }

  #text(): string {
    const made = this.#random();
    if (made < 0.25) return this.#words();
    if (made < 0.5) return this.#printed();
    const value = this.#of(values, '');
    const shown =
      made < 0.75 ? this.#of(Object.values(contexts), String)(value) : this.#of(Object.values(disguises).slice(0, -1), String)(value);
    return this.#chance(0.7) ? this.#changed(shown) : shown;
  }

  #words(): string {
    return Array.from({ length: 1 + this.#below(6) }, () => this.#of(fragments, '')).join(this.#of(['', '', ' '], ''));
  }

  /** A record in JSON as programs print it, sometimes not quite. */
  #printed(): string {
    const text = JSON.stringify(this.#value(0));
    return this.#chance(0.2) ? this.#changed(text) : text;
  }

  #value(depth: number): unknown {
    const made = this.#random();
    if (depth === 0 || (depth < 4 && made < 0.3)) {
      if (this.#chance(0.2)) return Array.from({ length: this.#below(4) }, () => this.#value(depth + 1));
      return Object.fromEntries(Array.from({ length: this.#below(5) }, () => [this.#name(), this.#value(depth + 1)]));
    }
    if (made < 0.45) return this.#of([true, false, null, '', 0], 0);
    if (made < 0.75) return Number((this.#random() * 10 ** (this.#below(30) - 8)).toPrecision(1 + this.#below(17)));
    return made < 0.9 ? this.#words() : this.#of(values, '');
  }

  #name(): string {
    return this.#chance(0.8) ? this.#of(['level', 'msg', 'time', 'id', 'rows', 'a', 'b'], 'a') : this.#of(fragments, '');
  }

  /** A character more, less, or another one. */
  #changed(text: string): string {
    const at = this.#below(text.length + 1);
    const inserted = this.#chance(0.3) ? '' : this.#of([...'aZ0 9@.:-+=%&"\\{[,}_/', ...fragments], '');
    return text.slice(0, at) + inserted + text.slice(at + this.#below(3));
  }
}
