// A form that was sent is not sent again by an impatient second click. Without this the server copes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// Goes dark within a second when this browser's session has ended, wherever it was ended; says when others come and go.
(() => {
  const { live, liveUrl } = document.body.dataset;
  if (!live) return;
  let ended = false;
  let seen;

  function goDark() {
    if (ended) return;
    ended = true;
    document.documentElement.classList.add("ended");
    const note = document.getElementById("ended");
    for (const part of document.body.children) if (part !== note) part.inert = true;
    note.showModal();
    note.addEventListener("cancel", (event) => event.preventDefault());
  }

  function take(pulse) {
    if (pulse.ended) return goDark();
    if (seen !== undefined && seen !== pulse.sessions) document.body.dispatchEvent(new CustomEvent("sessions-changed"));
    seen = pulse.sessions;
  }

  async function ask() {
    try {
      const answer = await fetch(liveUrl, { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (answer.ok) take(await answer.json());
    } catch {
      // No network, or the page is being left. The next look will tell.
    }
  }

  async function poll() {
    if (ended) return;
    if (!document.hidden) await ask();
    setTimeout(poll, 700);
  }

  function stream() {
    const source = new EventSource(liveUrl);
    source.onmessage = (event) => {
      const pulse = JSON.parse(event.data);
      if (pulse.ended) source.close();
      take(pulse);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) poll();
    };
  }

  // What a browser keeps of a page that was left must not come back as if nothing had happened.
  addEventListener("pageshow", (event) => event.persisted && ask());
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  if (live === "stream") stream();
  else poll();
})();
