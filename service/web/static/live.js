// Follows the log of changes from where the page was made, and tells those parts of the page that listen for `news`
// to fetch themselves anew.
"use strict";
(() => {
  const PAUSE = 1500; // milliseconds in which further changes count as one
  const status = document.querySelector("[data-live]");
  const story = document.body.dataset.story;
  let due = 0;
  const tell = () => {
    due = 0;
    document.body.dispatchEvent(new CustomEvent("news"));
  };
  const source = new EventSource(`/v1/events?since=${document.body.dataset.since}`);
  source.onopen = () => { if (status) status.hidden = false; };
  source.onerror = () => { if (status) status.hidden = true; };
  source.onmessage = (event) => {
    const change = JSON.parse(event.data);
    const ours = story ? change.story_id === story || change.data.other_story_id === story : change.story_id;
    if (ours && !due) due = setTimeout(tell, PAUSE);
  };
  addEventListener("pagehide", () => source.close());
})();
