// <signpost-chat>: the chat, its help and its way out, in one element without dependencies. Acceptance criteria: ACCESSIBILITY.md.
// The service puts `content` (words, help lines, exit address) and `css` above this line, so all but the answers works with no service at all.
// Text is only ever set as text: the element runs under a strict Content-Security-Policy with Trusted Types.

const STORE = 'signpost-chat';
const SERVICE = new URL('.', import.meta.url);
const DEADLINE = 12000; // ms. The gateway answers by itself after 8 s.
const { s, help } = content;
const code = RegExp(content.code, 'g');

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

const narrow = matchMedia('(max-width: 40rem)');
const touch = matchMedia('(pointer: coarse)');
const fresh = () => ({ conversation: null, entries: [], buttons: [], feedback: '', summary: '', open: false, pinned: false });

/** An element: attributes (true sets an empty one, a function listens), then children. */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

const numbers = Object.keys(help.contacts).sort((a, b) => b.length - a.length);
const contact = numbers.length ? RegExp(`\\b(${numbers.join('|')})\\b`) : /(?!)/;

/** Text with our own help contacts as links to tap, and nothing else. */
const linked = (text) => text.split(contact).map((part) => (help.contacts[part] ? h('a', { href: help.contacts[part] }, part) : part));

const prose = (text, withLinks) =>
  text.trim().split(/\n{2,}/).map((part) => h('p', { dir: 'auto' }, ...(withLinks ? linked(part) : [part])));

const helpSection = ({ paragraphs, lines }) => [
  ...paragraphs.map((text) => h('p', {}, ...linked(text))),
  h('ul', {}, ...lines.map((line) => h('li', {}, ...linked(line)))),
];

/** A table of ours; wider than the chat, it is scrolled by itself, by keyboard too. */
const tableOf = ({ caption, columns, rows }) =>
  h('div', { class: 'table', tabindex: '0', role: 'group', 'aria-label': caption },
    h('table', {}, h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...columns.map((text) => (text ? h('th', { scope: 'col' }, text) : h('td'))))),
      h('tbody', {}, ...rows.map(([first, ...cells]) =>
        h('tr', {}, h('th', { scope: 'row' }, first), ...cells.map((text) => h('td', {}, text)))))));

/** What an entry says, as text to be copied. */
const plain = ({ text, table, source }) =>
  [text, table && [table.caption, table.columns.join('\t'), ...table.rows.map((row) => row.join('\t'))].join('\n'), source].filter(Boolean).join('\n\n');

class SignpostChat extends HTMLElement {
  #state = fresh();
  #turns = Promise.resolve();
  #waiting = 0;
  #slow = 0;
  #off;
  #again = new AbortController();

  connectedCallback() {
    this.#off = new AbortController();
    if (!this.shadowRoot) this.#build();
    watchShift(() => this.#leave(), () => this.#say(s.leave_once_more), this.#off.signal);
    whenIdle(() => this.#leave(), this.#off.signal);
    narrow.addEventListener('change', () => this.#panel.open && this.#show(), { signal: this.#off.signal });
  }

  disconnectedCallback() {
    this.#off.abort();
    this.#again.abort();
  }

  #panel; #bar; #launcher; #help; #pinned; #log; #scroller; #feedback; #choices; #typing; #said; #form; #text; #left;

  #build() {
    this.#restore();
    this.lang ||= 'en-GB';
    this.dir ||= 'ltr';
    const exit = () => h('button', { type: 'button', class: 'leave', title: s.leave_hint, click: () => this.#leave() }, s.leave);
    this.#launcher = h('button', { type: 'button', class: 'main', 'aria-haspopup': 'dialog', click: () => this.#open() }, s.ask);
    this.#bar = h('div', { class: 'bar', role: 'region', 'aria-label': s.name },
      exit(),
      h('button', { type: 'button', class: 'help', 'aria-haspopup': 'dialog', click: () => this.#openHelp() }, help.button),
      this.#launcher);

    const [first, ...others] = help.sections;
    this.#help = h('details', { class: 'help' },
      h('summary', {}, help.button),
      h('div', { tabindex: '0', role: 'group', 'aria-label': help.title },
        ...helpSection(first),
        ...others.map((section) => h('details', {}, h('summary', {}, section.heading), ...helpSection(section))),
        h('p', { class: 'small' }, help.closing), h('p', { class: 'small' }, help.lines_label)));
    this.#pinned = h('p', { class: 'pinned', hidden: true }, ...linked(help.pinned));

    this.#log = h('div', { role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': s.messages });
    this.#choices = h('div', { class: 'choices', role: 'group', 'aria-label': s.suggestions, hidden: true });
    const judge = (helpful) => h('button', { type: 'button', click: () => this.#judge(helpful) }, helpful ? s.yes : s.no);
    this.#feedback = h('div', { class: 'feedback', role: 'group', 'aria-label': s.helpful, hidden: true },
      h('span', { 'aria-hidden': 'true' }, s.helpful), judge(true), judge(false));
    this.#typing = h('p', { class: 'typing', 'aria-hidden': 'true', hidden: true }, s.typing);
    this.#scroller = h('div', { class: 'scroller', tabindex: '0', role: 'group', 'aria-label': s.conversation }, this.#log, this.#typing, this.#choices, this.#feedback);

    this.#text = h('textarea', {
      id: 'text', rows: '2', maxlength: '500', dir: 'auto', autocomplete: 'off', enterkeyhint: 'send', 'aria-describedby': 'left',
      keydown: (event) => this.#keys(event), input: () => this.#count(),
    });
    this.#left = h('span', { id: 'left' });
    this.#form = h('form', { submit: (event) => { event.preventDefault(); this.#send(); } },
      h('label', { for: 'text' }, s.label), this.#left, this.#text, h('button', { class: 'main' }, s.send));

    this.#panel = h('dialog', {
      'aria-labelledby': 'name', 'aria-describedby': 'subtitle',
      cancel: (event) => { event.preventDefault(); this.#close(); }, keydown: (event) => this.#escape(event),
    },
      h('div', { class: 'head' },
        h('div', {}, h('h2', { id: 'name', tabindex: '-1' }, s.name), h('p', { id: 'subtitle' }, s.subtitle)),
        h('button', { type: 'button', click: () => this.#clear() }, s.clear),
        h('button', { type: 'button', class: 'close', 'aria-label': s.close, click: () => this.#close() }, '\u00d7')),
      h('div', { class: 'safety' }, exit(), this.#help, this.#pinned,
        h('button', { type: 'button', class: 'sponsor', click: () => this.#findSponsor() }, s.find_sponsor)),
      this.#scroller, this.#form);

    // Two of them, since what is outside a modal dialog is neither seen nor read out.
    this.#said = [this.#form, this.#bar.firstChild].map((place) => {
      const said = h('p', { role: 'status', class: 'said' });
      place.before(said);
      return said;
    });
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    for (const entry of this.#state.entries) this.#log.append(this.#entry(entry));
    this.#offer(this.#state.buttons, this.#state.feedback, this.#state.summary);
    this.#pin();
    root.append(this.#bar, this.#panel);
    // On a phone the panel is the whole page, so it waits to be asked for; elsewhere it comes back without taking the focus.
    if (this.#state.open && !narrow.matches) {
      this.#panel.setAttribute('open', '');
      this.#bar.hidden = true;
      this.#reveal();
    }
  }

  // Opening and closing

  #show() {
    if (this.#panel.open) this.#panel.close();
    if (narrow.matches) this.#panel.showModal();
    else this.#panel.show();
    this.#bar.hidden = true;
    this.#reveal();
  }

  #open() {
    this.#show();
    this.#rest();
    this.#keep({ open: true });
    if (!this.#state.entries.length) this.#greet();
  }

  #openHelp() {
    this.#open();
    this.#help.open = true;
    this.#help.firstChild.focus();
  }

  #close() {
    this.#panel.close();
    this.#bar.hidden = false;
    this.#launcher.focus();
    this.#keep({ open: false });
  }

  #escape(event) {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  }

  /** Where the focus rests: the box; on a touch screen the title, so that no keyboard covers what is to be read. */
  #rest() {
    (touch.matches ? this.shadowRoot.getElementById('name') : this.#text).focus();
  }

  /**
   * The service's own page, so that what is put in there is never part of the chat. On our own site it is told which conversation it belongs to,
   * by a form and not in its address; from another site the browser keeps our cookie away, so it opens by itself, and shows the sponsor there.
   */
  #findSponsor() {
    const page = new URL('sponsor', SERVICE);
    if (page.origin !== location.origin) return open(page, '_blank', 'noopener');
    const form = h('form', { method: 'post', action: page, hidden: true }, h('input', { name: 'conversation', value: this.#state.conversation ?? '' }));
    document.body.append(form);
    form.submit();
    return form.remove();
  }

  // The conversation

  #keys(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #count() {
    const n = 500 - this.#text.value.length;
    this.#left.textContent = n > 100 ? '' : s.left.replace('{n}', n);
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text) return this.#text.focus();
    this.#text.value = '';
    this.#count();
    this.#ask(text, { text });
  }

  /** Shows what the user says and sends it. Turns go one after the other: a second message never overtakes the first. */
  #ask(shown, request) {
    this.#offer([]);
    this.#add({ who: 'user', text: shown.replace(code, s.code_mask) });
    this.#turn(() => this.#call('POST', 'api/messages', { conversation: this.#state.conversation, ...request }), request.text);
  }

  #greet() {
    this.#turn(() => this.#call('POST', 'api/conversations'));
  }

  #turn(call, draft = '') {
    const state = this.#state;
    const turn = async () => {
      if (state !== this.#state) return;
      this.#wait(1);
      try {
        const reply = await call();
        if (state === this.#state) this.#take(reply);
        else this.#end(reply.conversation);
      } catch (problem) {
        if (state === this.#state) this.#fail(problem, call, draft);
      } finally {
        this.#wait(-1);
      }
    };
    this.#turns = this.#turns.then(turn);
  }

  async #call(method, path, body) {
    const response = await fetch(new URL(path, SERVICE), {
      method, body: body && JSON.stringify(body), headers: body ? { 'Content-Type': 'application/json' } : {},
      credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(DEADLINE),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(), { detail: answer.detail, again: response.status === 408 || response.status >= 429 });
    return answer;
  }

  #take({ conversation, messages, crisis, pinned_help, feedback, summary }) {
    this.#keep({ conversation });
    for (const { text, kind, source, table } of messages) this.#add({ who: 'bot', text, kind, source, table });
    this.#offer(messages.flatMap((message) => message.buttons ?? []), feedback, summary);
    if (crisis || pinned_help) {
      this.#keep({ pinned: true });
      this.#pin();
    }
    this.#reveal();
  }

  /** Says what went wrong. Where the service can't be reached, the help that came with the page is opened beside it. */
  #fail({ detail, again }, call, draft) {
    if (!this.#state.entries.length) this.#add({ who: 'bot', text: s.greeting, kind: 'answer' });
    const offline = !detail && !navigator.onLine;
    this.#add({ who: 'bot', text: detail ?? (offline ? s.offline : s.unreachable), kind: 'notice' });
    if (!detail) this.#help.open = true;
    if (detail && !again) {
      this.#text.value ||= draft;
      return;
    }
    const retry = () => {
      this.#offer([]);
      this.#turn(call, draft);
    };
    if (offline) addEventListener('online', retry, { once: true, signal: this.#again.signal });
    this.#choices.replaceChildren(h('button', { type: 'button', click: retry }, s.retry));
    this.#choices.hidden = false;
    this.#choices.scrollIntoView({ block: 'end' });
  }

  #clear() {
    this.#forget();
    this.#log.replaceChildren();
    this.#offer([]);
    this.#pin();
    this.#help.open = false;
    this.#text.value = '';
    this.#count();
    this.#say(s.cleared);
    this.#rest();
    this.#keep({ open: true });
    this.#greet();
  }

  #leave() {
    this.#forget();
    leave();
  }

  /** Says whether the last answer helped: a yes or a no, and nothing else. */
  #judge(helpful) {
    const { conversation, feedback } = this.#state;
    this.#offer(this.#state.buttons, '', this.#state.summary);
    this.#call('POST', 'api/feedback', { conversation, answer: feedback, helpful }).then(() => this.#say(s.thanks), () => {});
  }

  async #copy(entry) {
    try {
      await navigator.clipboard.writeText(plain(entry));
      this.#say(s.copied);
    } catch {
      this.#say(s.not_copied);
    }
  }

  /** Prints one answer, in a frame of its own: the host's page is not ours to change. */
  #print(entry) {
    const print = ({ target: { contentWindow: page } }) => {
      page.document.title = s.name;
      page.document.body.append(h('h1', {}, s.name), ...this.#body(entry), ...prose(entry.source ?? ''));
      page.onafterprint = () => frame.remove();
      page.print();
    };
    const frame = h('iframe', { class: 'hidden', title: s.print_answer, tabindex: '-1', load: print });
    this.shadowRoot.append(frame);
  }

  // What is seen

  #entry(entry) {
    const { who, kind = 'answer', source, at } = entry;
    const mine = who === 'user';
    // The log announces each message of ours once; people know what they wrote themselves, and the source is there for those who ask for it.
    const node = h('div', { class: `entry ${who} ${kind}`, 'aria-live': mine && 'off' }, h('span', { class: 'who' }, mine ? s.you : s.name), ...this.#body(entry));
    if (!source && kind !== 'crisis') return node;
    const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    node.append(h('details', { class: 'more', 'aria-live': 'off' },
      h('summary', {}, [source && s.source, s.tools].filter(Boolean).join(' \u00b7 ')),
      ...(source ? [h('p', { dir: 'auto' }, source)] : []), h('p', {}, s.answered.replace('{time}', time)),
      h('button', { type: 'button', click: () => this.#copy(entry) }, s.copy_answer),
      h('button', { type: 'button', click: () => this.#print(entry) }, s.print_answer)));
    return node;
  }

  #body({ who, text, kind, table }) {
    return [...prose(text, who === 'bot' && kind !== 'answer'), ...(table ? [tableOf(table)] : [])];
  }

  #add(entry) {
    entry.at = Date.now();
    this.#keep({ entries: [...this.#state.entries, entry] });
    this.#log.append(this.#entry(entry));
    this.#reveal();
  }

  /** Scrolls so that the user's own last message is at the top: long answers are read from their start. */
  #reveal() {
    [...this.#log.querySelectorAll('.user')].at(-1)?.scrollIntoView({ block: 'start' });
  }

  /** Shows what can be pressed below the last answer, a case to print, and whether it helped. What was there before is gone, and with it any second try. */
  #offer(buttons, feedback = '', summary = '') {
    this.#again.abort();
    this.#again = new AbortController();
    this.#keep({ buttons, feedback, summary });
    const focused = [this.#choices, this.#feedback].some((part) => part.contains(this.shadowRoot?.activeElement));
    this.#feedback.hidden = !feedback;
    this.#choices.replaceChildren(...buttons.map(({ id, label }) =>
      h('button', { type: 'button', dir: 'auto', click: () => this.#ask(label, { button: id }) }, label)));
    if (summary) this.#choices.append(this.#printable(summary));
    this.#choices.hidden = !buttons.length && !summary;
    if (focused) this.#rest();
  }

  /** A form, so that the conversation's id is in no address, history or log. */
  #printable(label) {
    return h('form', { method: 'post', action: new URL('summary', SERVICE), target: '_blank', rel: 'noopener' },
      h('input', { type: 'hidden', name: 'conversation', value: this.#state.conversation }), h('button', {}, label));
  }

  #wait(change) {
    this.#waiting += change;
    this.#typing.hidden = !this.#waiting;
    this.#typing.textContent = s.typing;
    clearTimeout(this.#slow);
    if (this.#waiting) this.#slow = setTimeout(() => { this.#say(this.#typing.textContent = s.slow); }, 3000);
  }

  #pin() {
    this.#pinned.hidden = !this.#state.pinned;
  }

  #say(text) {
    const said = this.#said[this.#panel.open ? 0 : 1];
    said.textContent = text;
    setTimeout(() => { said.textContent = ''; }, 4000);
  }

  // Memory: this tab's sessionStorage, which may be forbidden, and nothing else.

  #keep(change) {
    Object.assign(this.#state, change);
    if (content.kiosk) return;
    try { sessionStorage.setItem(STORE, JSON.stringify(this.#state)); } catch { /* the chat works without */ }
  }

  #restore() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(STORE));
      if (Array.isArray(kept?.entries) && Array.isArray(kept.buttons)) this.#state = { ...fresh(), ...kept };
    } catch { /* as above */ }
  }

  /** Forgets the conversation here and on the service. Answers that are still on their way belong to the old state and are dropped. */
  #forget() {
    const { conversation } = this.#state;
    this.#state = fresh();
    this.#turns = Promise.resolve();
    try { sessionStorage.removeItem(STORE); } catch { /* as above */ }
    this.#end(conversation);
  }

  #end(conversation) {
    // A beacon is sent even while the page is left, and to another site it needs no question beforehand.
    if (conversation) navigator.sendBeacon(new URL(`api/conversations/${encodeURIComponent(conversation)}/end`, SERVICE));
  }
}

// One tag is enough: where the page has no <signpost-chat>, it gets one.
if (!customElements.get('signpost-chat')) {
  customElements.define('signpost-chat', SignpostChat);
  if (!document.querySelector('signpost-chat')) document.body.append(document.createElement('signpost-chat'));
}
