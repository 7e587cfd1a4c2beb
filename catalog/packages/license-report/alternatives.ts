/** More alternatives than this are no choice that anybody wrote down; it bounds the product of ANDs over ORs. */
const maxAlternatives = 256;

type Alternatives = string[][];

/** AND: every choice on the left with every choice on the right. */
function both(left: Alternatives, right: Alternatives): Alternatives {
  return left.flatMap((one) => right.map((other) => [...one, ...other])).slice(0, maxAlternatives);
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** AND binds tighter than OR (SPDX 2.3, annex D). */
  any(): Alternatives {
    let found = this.all();
    while (this.#take('OR')) found = [...found, ...this.all()].slice(0, maxAlternatives);
    return found;
  }

  all(): Alternatives {
    let found = this.one();
    while (this.#take('AND')) found = both(found, this.one());
    return found;
  }

  one(): Alternatives {
    if (this.#take('(')) {
      const found = this.any();
      this.#take(')');
      return found;
    }
    const id = this.#tokens[this.#at++] ?? '';
    // An exception only adds permissions, so the licence is judged as if it were not there.
    if (this.#take('WITH')) this.#at++;
    return [[id]];
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

/** The choices that a licence expression offers: from one of the lists, all licences have to be accepted. A plain name is one choice of one. */
export function alternativesOf(license: string): Alternatives {
  if (!/[()]|\s(AND|OR|WITH)\s/.test(license)) return [[license]];
  // Depth of brackets is bounded by cutting the tokens: a longer expression is no licence.
  return new Parser((license.match(/[()]|[^\s()]+/g) ?? []).slice(0, 1_000)).any();
}
