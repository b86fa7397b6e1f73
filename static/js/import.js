// The drop zone of the import page: files dropped anywhere on it join those that were chosen. Without script the field
// alone does the same.

const zone = document.querySelector("[data-drop-zone]");
const input = zone.querySelector("input[type=file]");
const list = zone.querySelector("[data-drop-list]");
const KIBIBYTE = 1024;

function sizeOf(file) {
  const kibibytes = file.size / KIBIBYTE;
  return kibibytes < KIBIBYTE ? `${Math.max(1, Math.round(kibibytes))} KiB` : `${(kibibytes / KIBIBYTE).toFixed(1)} MiB`;
}

function item(file) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  name.className = "mono";
  name.textContent = file.name;
  const size = document.createElement("span");
  size.className = "muted number";
  size.textContent = sizeOf(file);
  line.append(name, size);
  return line;
}

function show() {
  const shown = [...input.files].slice(0, 8).map(item);
  if (input.files.length > shown.length) {
    const rest = document.createElement("li");
    rest.className = "muted";
    rest.textContent = `and ${input.files.length - shown.length} more`;
    shown.push(rest);
  }
  list.replaceChildren(...shown);
}

function take(files) {
  const all = new DataTransfer();
  for (const file of [...input.files, ...files]) all.items.add(file);
  input.files = all.files;
  show();
}

function carriesFiles(event) {
  return !input.matches(":disabled") && event.dataTransfer.types.includes("Files");
}

zone.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  zone.classList.add("is-over");
});
zone.addEventListener("dragleave", (event) => {
  if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
});
zone.addEventListener("drop", (event) => {
  zone.classList.remove("is-over");
  if (!carriesFiles(event)) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
input.addEventListener("change", show);
// A browser that comes back to the page may have kept the files.
show();
