// What the plain pages gain where there is JavaScript: Shift three times leaves, and leaving forgets the conversation on the service too;
// a button prints; and on a kiosk the time without use counts from the last key or touch.

function wipeAndLeave(where) {
  const conversation = document.querySelector('input[name=conversation]')?.value;
  if (conversation) navigator.sendBeacon(`/api/conversations/${encodeURIComponent(conversation)}/end`);
  try { sessionStorage.removeItem('signpost-chat'); } catch { /* the widget kept nothing either */ }
  leave(where);
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-leave]')) return;
  event.preventDefault();
  wipeAndLeave();
});
watchShift(() => wipeAndLeave(), () => { document.querySelector('[role=status]').textContent = content.s.leave_once_more; });

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

whenIdle(() => wipeAndLeave('/chat'));
