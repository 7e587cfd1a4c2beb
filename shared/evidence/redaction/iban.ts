/** Length of the numbers of each country (ISO 13616 registry), as `XX` and the length. */
const lengths = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 ' +
    'GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 ' +
    'PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** The countries that have such numbers, in small letters. */
export const ibanCountries: readonly string[] = [...lengths.keys()].map((country) => country.toLowerCase());

/** In one piece or with a gap after the first four, in capitals or in small letters throughout: random base64 and UUIDs are neither. */
const spellings = [/^[A-Z\d]{4}(?:[A-Z\d]+|[ .-](?:[A-Z\d][ .-]?)+)$/, /^[a-z\d]{4}(?:[a-z\d]+|[ .-](?:[a-z\d][ .-]?)+)$/];

/** As much of the text as an account of this length takes, if it does not end in the middle of a word. */
function accountOf(text: string, length: number): string | undefined {
  let taken = 0;
  let end = 0;
  while (end < text.length && taken < length) if (!' .-'.includes(text.charAt(end++))) taken++;
  const account = text.slice(0, end);
  if (taken < length || /^[A-Za-z\d]/.test(text.slice(end)) || !spellings.some((spelling) => spelling.test(account))) return undefined;
  return account.replaceAll(/[ .-]/g, '').toUpperCase();
}

/** Whether the text begins with an account number that its own check digits confirm, however it is grouped; what follows it may be other words. */
export function beginsWithIban(text: string): boolean {
  const length = lengths.get(text.slice(0, 2).toUpperCase());
  const account = length === undefined ? undefined : accountOf(text, length);
  if (account === undefined) return false;
  let rest = 0;
  // The number made of the rearranged letters and digits is 1 modulo 97.
  for (const character of `${account.slice(4)}${account.slice(0, 4)}`)
    for (const digit of String(parseInt(character, 36))) rest = (10 * rest + Number(digit)) % 97;
  return rest === 1;
}
