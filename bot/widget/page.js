// What the plain pages gain where there is JavaScript: Shift three times leaves, and leaving forgets the conversation on the service too.

function wipeAndLeave() {
  const conversation = document.querySelector('input[name=conversation]')?.value;
  if (conversation) fetch(`/api/conversations/${encodeURIComponent(conversation)}`, { method: 'DELETE', keepalive: true }).catch(() => {});
  try { sessionStorage.removeItem('signpost-chat'); } catch { /* the widget kept nothing either */ }
  leave();
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-leave]')) return;
  event.preventDefault();
  wipeAndLeave();
});
watchShift(wipeAndLeave, () => { document.querySelector('[role=status]').textContent = content.s.leave_once_more; });
