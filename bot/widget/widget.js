// <signpost-chat>: the chat, its help and its way out, in one element without dependencies. Acceptance criteria: ACCESSIBILITY.md.
// The service puts `content` (words, help lines, exit address) and `css` above this line, so all but the answers works with no service at all.
// Text is only ever set as text: the element runs under a strict Content-Security-Policy with Trusted Types.

const STORE = 'signpost-chat';
const SERVICE = new URL('.', import.meta.url);
const DEADLINE = 12000; // ms. The gateway answers by itself after 8 s.
const { s, help } = content;
const code = RegExp(content.code, 'g');

// Safari before 16.4 has no sheets to construct: there the same file comes as a link.
let sheet;
try {
  sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
} catch { sheet = null; }
let added, gone = false;

const narrow = matchMedia('(max-width: 40rem)');
const touch = matchMedia('(pointer: coarse)');
const fresh = () => ({ conversation: null, entries: [], buttons: [], starters: [], feedback: '', summary: '', tell: '', open: false, unread: false, large: false, pinned: false, back: '', asked: null });

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

/** Text with our own help contacts, and those of one's own sponsor, as links to tap, and nothing else. */
const linked = (text, links = {}) => {
  const own = content.kiosk ? [] : Object.keys(links);
  const parts = own.reduce((all, shown) => all.flatMap((part) => part.split(shown).flatMap((piece, at) => (at ? [shown, piece] : [piece]))), [text]);
  return parts.flatMap((part) => (links[part] && own.includes(part) ? [part] : part.split(contact))).map((part) => {
    const href = help.contacts[part] ?? (own.includes(part) && /^(tel|sms|mailto):/.test(links[part]) && links[part]);
    return href ? h('a', { href }, part) : part;
  });
};

const prose = (text, links) =>
  text.trim().split(/\n{2,}/).map((part) => h('p', { dir: 'auto' }, ...(links ? linked(part, links) : [part])));

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

const speaker = ({ who }) => (who === 'user' ? s.you : s.name);

/** What an entry says, as text to be copied. */
const plain = ({ text, table, source }) =>
  [text, table && [table.caption, table.columns.join('\t'), ...table.rows.map((row) => row.join('\t'))].join('\n'), source].filter(Boolean).join('\n\n');

class SignpostChat extends HTMLElement {
  #state = fresh();
  #turns = Promise.resolve();
  #waiting = 0;
  #slow = 0;
  #quiet = 0;
  #off;
  #again = new AbortController();
  #unsent = [];

  connectedCallback() {
    this.#off = new AbortController();
    if (!this.shadowRoot) this.#build();
    else if (this.#panel.open) this.#show();
    // The top layer, where there is one: whatever a host page does to its body or lays over it, the help and the way out stay where they are.
    this.#top.showPopover?.();
    watchShift(() => this.#leave(), () => this.#say(s.leave_once_more), this.#off.signal);
    whenIdle(() => this.#leave(), (text) => this.#say(text, content.kiosk), this.#off.signal);
    const { signal } = this.#off;
    narrow.addEventListener('change', () => this.#panel.open && this.#show(), { signal });
    for (const name of ['resize', 'scroll']) visualViewport?.addEventListener(name, (event) => this.#fit(event), { signal });
  }

  disconnectedCallback() {
    this.#off.abort();
    // A host that changes its pages without loading them replaces its body, and with it the element that was added by the one tag.
    if (this === added && !gone) setTimeout(() => { if (!this.isConnected && !gone) document.body?.append(this); });
  }

  #top; #panel; #main; #clearing; #ideas; #size; #below; #opener; #bar; #launcher; #help; #pinned; #log; #scroller; #feedback; #choices; #typing; #said; #form; #text; #left;

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
    this.#help = h('details', { class: 'help', toggle: () => this.#pin() },
      h('summary', {}, help.button),
      h('div', { tabindex: '0', role: 'group', 'aria-label': help.title },
        ...helpSection(first),
        ...others.map((section) => h('details', {}, h('summary', {}, section.heading), ...helpSection(section))),
        h('p', { class: 'small' }, help.closing), h('p', { class: 'small' }, help.lines_label)));
    this.#pinned = h('p', { class: 'pinned', hidden: true }, ...linked(help.strip));

    this.#log = h('div', { role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': s.messages });
    this.#choices = h('div', { class: 'choices', role: 'group', 'aria-label': s.suggestions, hidden: true });
    const judge = (helpful) => h('button', { type: 'button', click: () => this.#judge(helpful) }, helpful ? s.yes : s.no);
    this.#feedback = h('div', { class: 'feedback', role: 'group', 'aria-label': s.helpful, hidden: true },
      h('span', { 'aria-hidden': 'true' }, s.helpful), judge(true), judge(false));
    this.#typing = h('p', { class: 'typing', 'aria-hidden': 'true', hidden: true }, s.typing);
    const button = (text, click) => h('button', { type: 'button', click }, text);
    this.#scroller = h('div', { class: 'scroller', tabindex: '0', role: 'group', 'aria-label': s.conversation, scroll: () => this.#more() },
      this.#log, this.#typing, this.#choices, this.#feedback,
      h('div', { class: 'tools' }, this.#ideas = button(s.ideas, () => this.#suggest()),
        h('details', { class: 'more' }, h('summary', {}, s.chat_tools),
          this.#size = button(s.large, () => this.#enlarge(!this.#state.large)),
          button(s.copy_chat, () => this.#copy(this.#state.entries)), button(s.print_chat, () => this.#print(this.#state.entries))),
        this.#clearing = button(s.clear, () => this.#clear())));
    this.#below = h('p', { class: 'below', 'aria-hidden': 'true', hidden: true }, s.more_below);

    this.#text = h('textarea', {
      id: 'text', rows: '2', dir: 'auto', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'send', 'aria-describedby': 'left',
      keydown: (event) => this.#keys(event), input: () => this.#count(), focus: () => this.#bring(),
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
        h('button', { type: 'button', class: 'close', 'aria-label': s.close, click: () => this.#close() }, '\u00d7')),
      h('div', { class: 'safety' }, this.#pinned, exit(), this.#help),
      this.#main = h('div', { class: 'body' },
        h('button', { type: 'button', class: 'sponsor', click: () => this.#findSponsor() }, s.find_sponsor),
        this.#scroller, this.#below, this.#form));

    // Two of them, since what is outside a modal dialog is neither seen nor read out.
    this.#said = [this.#form, this.#bar.firstChild].map((place) => {
      const said = h('p', { role: 'status', class: 'said' });
      place.before(said);
      return said;
    });
    const root = this.attachShadow({ mode: 'open' });
    if (sheet && 'adoptedStyleSheets' in root) root.adoptedStyleSheets = [sheet];
    else root.append(h('link', { rel: 'stylesheet', href: new URL('widget.css', SERVICE) }));
    for (const entry of this.#state.entries) this.#log.append(this.#entry(entry));
    this.#offer(this.#state.buttons);
    this.#pin();
    this.#enlarge(this.#state.large);
    this.#mark(this.#state.unread);
    root.append(this.#top = h('div', { class: 'top', popover: 'manual' }, this.#bar, this.#panel));
    // What was asked when the page was left, and is not answered yet.
    if (this.#state.asked) this.#post(this.#state.asked.shown, this.#state.asked.request);
    // On a phone the panel is the whole page, so it waits to be asked for; elsewhere it comes back without taking the focus.
    // Who comes back from the sponsor's page is led back into it.
    if (this.#state.back) {
      this.#keep({ back: '' });
      this.#show();
      this.#rest();
    } else if (this.#state.open && !narrow.matches) {
      this.#panel.setAttribute('open', '');
      this.#bar.hidden = true;
      this.#reveal();
    }
  }

  // Opening and closing

  #show() {
    const focused = this.#panel.contains(this.shadowRoot.activeElement) && this.shadowRoot.activeElement;
    if (this.#panel.open) this.#panel.close();
    if (narrow.matches) this.#panel.showModal();
    else this.#panel.show();
    this.#bar.hidden = true;
    this.#mark(false);
    this.#fit();
    this.#reveal();
    if (focused) focused.focus();
  }

  /** What is left of the screen beside an on-screen keyboard, by the browser's own word; where that is little, the panel's parts shrink. */
  #fit(event) {
    const { height, offsetTop, scale } = visualViewport ?? { height: innerHeight, offsetTop: 0, scale: 1 };
    if (!this.#panel.open || scale > 1.01) return;
    const keyboard = narrow.matches && innerHeight - height > 100;
    this.#panel.style.cssText = keyboard ? `height: ${height}px; top: ${offsetTop}px; bottom: auto` : '';
    this.#panel.classList.toggle('low', height < 30 * parseFloat(getComputedStyle(this.#panel).fontSize));
    if (event?.type === 'resize' && this.shadowRoot.activeElement === this.#text) this.#bring();
  }

  /** WebKit does not always scroll to a box by itself, and no browser does where its keyboard changed the panel. */
  #bring() {
    this.#text.scrollIntoView({ block: 'nearest' });
  }

  #open() {
    this.#opener = this.shadowRoot.activeElement;
    this.#show();
    this.#rest();
    this.#keep({ open: true });
    if (!this.#state.entries.length) this.#greet();
  }

  #openHelp() {
    this.#open();
    this.#help.open = true;
    this.#pin();
    this.#help.firstChild.focus();
  }

  #close() {
    this.#panel.close();
    this.#bar.hidden = false;
    (this.#opener ?? this.#launcher).focus();
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

  /** Large print, for as long as this tab is open. */
  #enlarge(large) {
    this.#keep({ large });
    this.#size.setAttribute('aria-pressed', large);
    this.#panel.classList.toggle('large', large);
    this.#fit();
    this.#size.scrollIntoView({ block: 'nearest' });
  }

  /** Whether an answer came while the chat was closed: what opens it says so. */
  #mark(unread) {
    this.#keep({ unread });
    this.#launcher.textContent = unread ? s.new_answer : s.ask;
  }

  /**
   * The service's own page, so that what is put in there is never part of the chat. On our own site it is told which conversation it belongs to,
   * by a form and not in its address; from another site the browser keeps our cookie away, so it opens by itself, and shows the sponsor there.
   */
  #findSponsor() {
    const page = new URL('sponsor', SERVICE);
    if (page.origin !== location.origin) return open(`${page}#beside`, '_blank', 'noopener');
    this.#keep({ open: true, back: location.pathname + location.search });
    const form = this.#formTo({ action: page, hidden: true });
    document.body.append(form);
    form.submit();
    return form.remove();
  }

  // The conversation

  #keys(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  }

  #count() {
    const n = 500 - this.#text.value.length;
    this.#left.textContent = n > 100 ? '' : (n < 0 ? s.over : s.left).replace('{n}', Math.abs(n));
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text) return this.#text.focus();
    this.#text.value = '';
    this.#count();
    this.#ask(text, { text });
  }

  /** Shows what the user says and sends it. Turns go one after the other: a second message never overtakes the first. */
  #ask(shown, said) {
    // Sent again, by whatever way, it is the same message: the service answers it once.
    const request = { ...said, idempotency_key: crypto.getRandomValues(new Uint32Array(4)).join('-') };
    this.#offer([], '', '', '');
    this.#add({ who: 'user', text: shown.replace(code, s.code_mask) });
    this.#keep({ asked: { shown, request } });
    this.#post(shown, request);
  }

  #post(shown, request) {
    const post = (said) => this.#call('POST', 'api/messages', { conversation: this.#state.conversation, ...said });
    // A button of a conversation that the service has forgotten says what it says.
    this.#turn(() => post(request).catch((problem) => {
      if (problem.status === 410) return post({ ...request, button: undefined, text: shown });
      throw problem;
    }), request.text);
  }

  #greet() {
    this.#turn(async () => {
      const opened = await this.#call('POST', 'api/conversations');
      this.#keep({ starters: opened.messages.flatMap((message) => message.buttons ?? []) });
      return opened;
    });
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
      credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout?.(DEADLINE),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(), { detail: answer.detail, status: response.status, again: response.status === 408 || response.status >= 429 });
    return answer;
  }

  #take({ conversation, messages, crisis, pinned_help, feedback, summary, tell, links }) {
    this.#keep({ conversation, asked: null });
    for (const { text, kind, source, table } of messages) if (text !== this.#state.entries[0]?.text) this.#add({ who: 'bot', text, kind, source, table, links });
    if (crisis || pinned_help) {
      this.#keep({ pinned: true });
      this.#pin();
    }
    this.#offer(messages.flatMap((message) => message.buttons ?? []), feedback, summary, tell);
    this.#reveal();
  }

  /** Says what went wrong. Where the service can't be reached, the help that came with the page is opened beside it. */
  #fail({ detail, again }, call, draft) {
    if (!this.#state.entries.length) this.#add({ who: 'bot', text: s.greeting, kind: 'answer' });
    const offline = !detail && !navigator.onLine;
    this.#add({ who: 'bot', text: detail ?? (offline ? s.offline : s.unreachable), kind: 'notice' });
    this.#help.open ||= !detail && !this.#panel.matches('.low');
    this.#pinned.hidden = false;
    this.#reveal(this.#log.lastChild);
    if (detail && !again) {
      this.#text.value ||= draft;
      return;
    }
    this.#unsent = offline ? [...this.#unsent, [call, draft]] : [[call, draft]];
    const retry = () => {
      this.#offer([]);
      for (const [asked, words] of this.#unsent.splice(0)) this.#turn(asked, words);
    };
    if (offline) addEventListener('online', retry, { once: true, signal: this.#again.signal });
    this.#choices.replaceChildren(h('button', { type: 'button', click: retry }, s.retry));
    this.#choices.hidden = false;
    this.#reveal(this.#log.lastChild);
  }

  /** Asks once before it forgets: the button is near others, and what is gone is gone. */
  #clear() {
    const button = this.#clearing;
    if (button.textContent === s.clear && this.#state.entries.some(({ who }) => who === 'user')) {
      button.textContent = s.clear_again;
      setTimeout(() => { button.textContent = s.clear; }, 8000);
      return this.#say(s.clear_again);
    }
    button.textContent = s.clear;
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
    gone = true;
    this.#forget();
    leave();
  }

  /** Says whether the last answer helped: a yes or a no, and nothing else. */
  #judge(helpful) {
    const { conversation, buttons, feedback, summary, tell } = this.#state;
    this.#offer(buttons, '', summary, !helpful && tell && 'now');
    if (this.#state.tell) this.#choices.lastChild?.lastChild.focus?.();
    this.#call('POST', 'api/feedback', { conversation, answer: feedback, helpful }).then(() => this.#say(s.thanks), () => {});
  }

  async #copy(entries) {
    try {
      await navigator.clipboard.writeText(entries.map((entry) => (entries[1] ? `${speaker(entry)}:\n${plain(entry)}` : plain(entry))).join('\n\n'));
      this.#say(s.copied);
    } catch {
      this.#say(s.not_copied);
    }
  }

  /** Prints one answer or the whole chat, in a frame of its own: the host's page is not ours to change. */
  #print(entries) {
    const print = ({ target: { contentWindow: page } }) => {
      page.document.title = s.name;
      page.document.documentElement.lang = this.lang;
      if (sheet) {
        const looks = new page.CSSStyleSheet();
        looks.replaceSync('p{white-space:pre-line}table{border-collapse:collapse}th,td{border:1px solid;padding:4px;text-align:start}');
        page.document.adoptedStyleSheets = [looks];
      }
      page.document.body.append(h('h1', {}, s.name),
        ...entries.flatMap((entry) => [...(entries[1] ? [h('h2', {}, speaker(entry))] : []), ...this.#body(entry), ...(entry.source ? prose(entry.source) : [])]));
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
    const node = h('div', { class: `entry ${who} ${kind}`, 'aria-live': mine && 'off' }, h('span', { class: 'who' }, speaker(entry)), ...this.#body(entry));
    if (!source && kind !== 'crisis') return node;
    const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    node.append(h('details', { class: 'more', 'aria-live': 'off' },
      h('summary', {}, [source && s.source, s.tools].filter(Boolean).join(' \u00b7 ')),
      ...(source ? [h('p', { dir: 'auto' }, source)] : []), h('p', {}, s.answered.replace('{time}', time)),
      h('button', { type: 'button', click: () => this.#copy([entry]) }, s.copy_answer),
      h('button', { type: 'button', click: () => this.#print([entry]) }, s.print_answer)));
    return node;
  }

  #body({ who, text, kind, table, links = {} }) {
    return [...prose(text, who === 'bot' && kind !== 'answer' && links), ...(table ? [tableOf(table)] : [])];
  }

  #add(entry) {
    entry.at = Date.now();
    this.#keep({ entries: [...this.#state.entries, entry] });
    this.#log.append(this.#entry(entry));
    this.#reveal();
    if (entry.who === 'user' || this.#panel.open) return;
    this.#mark(true);
    this.#say(s.new_answer);
  }

  /**
   * Brings the start of the newest answer into view, the help in it before anything else. One's own words are there as well where they are short;
   * before help they are shortened. A `failure` comes before both: there may be others that were tried before it.
   */
  #reveal(failure) {
    const mine = [...this.#log.querySelectorAll('.user')].at(-1);
    if (!mine) {
      failure?.scrollIntoView({ block: 'start' });
      return this.#more();
    }
    const answer = [...this.#log.querySelectorAll('.bot')].filter((node) => mine.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING);
    const help = answer.find((node) => node.matches('.crisis'));
    mine.classList.toggle('short', !!help);
    const room = (this.#panel.matches('.low') ? this.#main : this.#scroller).clientHeight;
    (failure || help || (mine.offsetHeight > room / 4 && answer[0]) || mine).scrollIntoView({ block: 'start' });
    return this.#more();
  }

  /** A sign to the eye where the answer, or what can be pressed below it, goes on below the fold. */
  #more() {
    const last = this.#choices.hidden ? this.#log : this.#choices;
    this.#below.hidden = last.getBoundingClientRect().bottom < this.#scroller.getBoundingClientRect().bottom + 20;
  }

  /** The questions to start with, again. */
  #suggest() {
    this.#offer(this.#state.starters);
    this.#choices.firstChild.focus();
  }

  /** Shows what can be pressed below the last answer, a case to print, whom to tell, and whether it helped. Of what is not given, what was there before stays; any second try is gone. */
  #offer(buttons, feedback = this.#state.feedback, summary = this.#state.summary, tell = this.#state.tell) {
    this.#again.abort();
    this.#again = new AbortController();
    this.#keep({ buttons, feedback, summary, tell });
    const focused = [this.#choices, this.#feedback].some((part) => part.contains(this.shadowRoot?.activeElement));
    this.#feedback.hidden = !feedback;
    this.#ideas.hidden = !this.#state.starters.length;
    this.#choices.replaceChildren(...buttons.map(({ id, label }) =>
      h('button', { type: 'button', dir: 'auto', click: () => this.#ask(label, { button: id }) }, label)));
    if (summary) this.#choices.append(this.#beside('summary', summary));
    // Never after a crisis: nobody reads it today.
    if (tell === 'now' && !this.#state.pinned) this.#choices.append(this.#beside('tell#beside', s.tell_team,
      h('input', { type: 'hidden', name: 'text', value: this.#state.entries.filter(({ who }) => who === 'user').at(-1)?.text })));
    this.#choices.hidden = !this.#choices.firstChild;
    if (focused) this.#rest();
  }

  /** A form, so that the conversation's id is in no address, history or log. */
  #formTo(attributes, ...children) {
    return h('form', { method: 'post', ...attributes }, h('input', { type: 'hidden', name: 'conversation', value: this.#state.conversation ?? '' }), ...children);
  }

  /** Where it leads stands beside the chat. */
  #beside(page, label, ...children) {
    return this.#formTo({ action: new URL(page, SERVICE), target: '_blank', rel: 'noopener' }, ...children, h('button', {}, label));
  }

  #wait(change) {
    this.#waiting += change;
    this.#typing.hidden = !this.#waiting;
    this.#typing.textContent = s.typing;
    clearTimeout(this.#slow);
    if (this.#waiting) this.#slow = setTimeout(() => { this.#say(this.#typing.textContent = s.slow); }, 3000);
  }

  /** One line with a number to call, after a crisis and wherever the help is open. */
  #pin() {
    this.#pinned.hidden = !this.#state.pinned && !this.#help.open;
  }

  #say(text, seconds = 10) {
    clearTimeout(this.#quiet);
    this.#said.forEach((said, at) => { said.textContent = this.#panel.open === !at ? text : ''; });
    this.#quiet = setTimeout(() => this.#say(''), seconds * 1000);
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
    const { conversation, large } = this.#state;
    this.#state = { ...fresh(), large };
    this.#unsent = [];
    this.#turns = Promise.resolve();
    try { sessionStorage.removeItem(STORE); } catch { /* as above */ }
    this.#end(conversation);
  }

  #end(conversation) {
    // A beacon is sent even while the page is left, and to another site it needs no question beforehand.
    navigator.sendBeacon(new URL(conversation ? `api/conversations/${encodeURIComponent(conversation)}/end` : 'leave', SERVICE));
  }
}

// One tag is enough: where the page has no <signpost-chat>, it gets one.
if (!customElements.get('signpost-chat')) {
  customElements.define('signpost-chat', SignpostChat);
  if (!document.querySelector('signpost-chat')) document.body.append(added = document.createElement('signpost-chat'));
}
