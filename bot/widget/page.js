// What the plain pages gain where there is JavaScript: Shift three times leaves, and leaving forgets the conversation on the service too;
// a button prints; and on a kiosk the time without use counts from the last key or touch.

function wipeAndLeave(where) {
  const conversation = document.querySelector('input[name=conversation]')?.value;
  navigator.sendBeacon(conversation ? `/api/conversations/${encodeURIComponent(conversation)}/end` : '/leave');
  try { sessionStorage.removeItem('signpost-chat'); } catch { /* the widget kept nothing either */ }
  leave(where);
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-leave]')) return;
  event.preventDefault();
  wipeAndLeave();
});
const say = (text) => { document.querySelector('.said').textContent = text; };
watchShift(() => wipeAndLeave(), () => say(content.s.leave_once_more));

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => navigator.clipboard.writeText(document.querySelector('.log').innerText).then(() => say(content.s.copied), () => say(content.s.not_copied)));
}

// Opened beside the page that the chat is on: the way back is to close this one. The mark is gone with the window.
if (location.hash === '#beside') name = 'signpost-beside';
document.querySelector('[name=do][value=back]')?.addEventListener('click', (event) => {
  if (name !== 'signpost-beside') return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say(content.s.beside);
  close();
});

// "Back to the chat" leads to where the chat was left, if that was the widget on a page of this site.
document.querySelector('[name=do][value=back]')?.addEventListener('click', (event) => {
  try {
    const kept = JSON.parse(sessionStorage.getItem('signpost-chat'));
    if (!/^\/(?!\/)/.test(kept.back)) return;
    kept.conversation ??= event.target.form.elements.conversation.value || null;
    sessionStorage.setItem('signpost-chat', JSON.stringify(kept));
    event.preventDefault();
    location.assign(kept.back);
  } catch { /* there was none: the form leads to the plain page */ }
});

// Some browsers keep a page as it was, whatever the service says: Back does not show whose sponsor it was.
const card = document.querySelector('#sponsor');
if (card) {
  addEventListener('pagehide', () => card.remove());
  addEventListener('pageshow', (event) => { if (event.persisted) location.replace('/sponsor'); });
}

// What sticks to the top may not cover what is jumped to or focused, however high it is with larger text; where it takes too much, it does not stick.
const safety = document.querySelector('.safety');
if (safety) {
  new ResizeObserver(() => {
    const high = safety.querySelector('details').open || safety.offsetHeight > innerHeight / 4;
    safety.classList.toggle('loose', high);
    document.documentElement.style.scrollPaddingTop = high || innerHeight < 480 ? '8px' : `${safety.offsetHeight + 8}px`;
  }).observe(safety);
}

whenIdle(() => wipeAndLeave('/leave/chat'), say);
