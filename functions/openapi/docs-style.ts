/** The style of the documentation page. Colours keep a contrast of at least 4.5:1 (WCAG 2.2 AA) in both schemes. */
export const docsStyle = `
:root { color-scheme: light dark; --ink: light-dark(#1d2330, #e4e8f0); --soft: light-dark(#545d70, #a3adc0); --paper: light-dark(#fbfbfd, #12151c);
  --card: light-dark(#ffffff, #1a1f29); --line: light-dark(#dde1ea, #2d3443); --accent: light-dark(#3b4fd1, #9fb0ff); --code: light-dark(#f0f2f8, #232a37);
  --get: light-dark(#0b6b53, #59d9b3); --post: light-dark(#3b4fd1, #9fb0ff); --bad: light-dark(#a3262f, #ff9c9f); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.page { display: grid; grid-template: 'nav head' auto 'nav main' 1fr / minmax(13rem, 17rem) minmax(0, 1fr); column-gap: 3rem; max-width: 84rem; margin: 0 auto; padding: 2.5rem 1.5rem 6rem; }
header { grid-area: head; }
main { grid-area: main; }
nav { grid-area: nav; position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow: auto; font-size: .9rem; padding-right: .5rem; }
nav h2 { font-size: .75rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); margin: 1.4rem 0 .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; }
nav a:hover { color: var(--accent); text-decoration: underline; }
header h1 { font-size: 2.2rem; line-height: 1.15; margin: 0; letter-spacing: -.02em; }
header .version { color: var(--soft); margin: .25rem 0 1rem; }
main h2 { margin: 3.5rem 0 .25rem; font-size: 1.5rem; letter-spacing: -.01em; }
main h2 + p { color: var(--soft); margin-top: 0; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem 1.5rem; margin: 1.25rem 0; }
article h3 { margin: 0; font-size: 1.1rem; }
article h4 { margin: 1.4rem 0 .4rem; font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); }
.route { display: flex; flex-wrap: wrap; gap: .6rem; align-items: baseline; margin: .35rem 0 .75rem; font-family: ui-monospace, monospace; font-size: .95rem; overflow-wrap: anywhere; }
.method { font-weight: 700; color: var(--get); }
.method.post { color: var(--post); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; background: var(--code); border-radius: 5px; }
code { padding: .1em .3em; overflow-wrap: anywhere; }
pre { padding: 1rem; overflow: auto; }
pre code { padding: 0; background: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-weight: 600; color: var(--soft); }
tbody th { font-weight: 500; white-space: nowrap; width: 12rem; }
.must { color: var(--bad); font-size: .8rem; }
.type { color: var(--soft); }
.bad th { color: var(--bad); }
table table { margin: .3rem 0; }
details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--accent); }
p { margin: .5rem 0; max-width: 72ch; }
@media (max-width: 56rem) { .page { display: block; } nav { position: static; max-height: none; } tbody th { width: auto; white-space: normal; } }
@media print { nav { display: none; } .page { display: block; } article { break-inside: avoid; } }
`;
