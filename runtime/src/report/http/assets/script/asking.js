// When to ask, what to make of the answer, and the controls.

let paused = stored("paused") === "yes";
let timer;
let asked = 0;
let answered = Date.now();

/// The page as it is now. XMLHttpRequest, because it gives a document that was parsed and not run, where `fetch` gives
/// a text that would still have to become one.
function ask(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("Accept", "text/html");
    request.timeout = PATIENCE;
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = reject;
    request.send();
  });
}

async function look() {
  clearTimeout(timer);
  const turn = ++asked;
  const began = performance.now();
  let wait = PERIOD;
  try {
    const { status, response } = await ask(location.href);
    if (turn !== asked) return;
    // Not asked more often than a tenth of the time, however long an answer takes.
    wait = Math.max(PERIOD, 9 * (performance.now() - began));
    answered = Date.now();
    document.body.classList.remove("gone");
    if (!response) tell(`The server answers ${status}; trying again.`, true);
    else if (status === 400 && box.value) tell(response.querySelector("main p").textContent, true);
    else take(response);
  } catch {
    if (turn !== asked) return;
    document.body.classList.add("gone");
    const time = new Date(answered).toISOString().slice(11, 19);
    tell(`The server has not answered since ${time} UTC; trying again.`, true);
  }
  later(wait);
}

function take(page) {
  const script = (of) => of.querySelector("script[src]")?.getAttribute("src");
  // A newer program has a newer page.
  if (script(page) !== script(document)) return location.reload();
  tell("", false);
  document.title = page.title;
  updateChildren(document.body, page.body);
  sample();
  draw();
}

function tell(text, isProblem) {
  say(told, text);
  told.hidden = !text;
  box.setAttribute("aria-invalid", String(isProblem && Boolean(box.value)));
}

function later(wait) {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(look, wait);
}

function showPaused() {
  button.hidden = false;
  say(button, paused ? "paused" : "live");
  button.title = paused ? "Go on" : "Stop for a while";
  button.setAttribute("aria-pressed", String(!paused));
}

button.addEventListener("click", () => {
  paused = !paused;
  store("paused", paused ? "yes" : "no");
  showPaused();
  if (paused) clearTimeout(timer);
  else look();
});

function filter() {
  const address = new URL(location);
  address.searchParams.delete("query");
  if (box.value.trim()) address.searchParams.set("find", box.value);
  else address.searchParams.delete("find");
  history.replaceState(null, "", address);
  look();
}

let typing;
box.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(filter, 150);
});
box.form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  filter();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

document.addEventListener("visibilitychange", () => (document.hidden || paused ? clearTimeout(timer) : look()));
addEventListener("pagehide", keep);
addEventListener("pageshow", (event) => event.persisted && !paused && look());

restore();
sample();
draw();
showPaused();
later(PERIOD);
