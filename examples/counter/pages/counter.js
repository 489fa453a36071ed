const shown = document.getElementById('visits');

async function visits(method) {
  const answer = await fetch('/api/visits', { method });
  shown.textContent = answer.ok ? (await answer.json()).visits : `error ${answer.status}`;
}

document.getElementById('again').onclick = () => visits('POST');
document.getElementById('reset').onclick = () => visits('DELETE');

await visits('POST');
const { greeting } = await (await fetch('/api/greeting')).json();
document.getElementById('greeting').textContent = greeting;
