#!/usr/bin/python3
"""Languages of the voice (board/voices) against their schema; all have the same sentences."""
import sys

from profiles import Folder

folder = Folder("board/voices")
shipped = dict(folder.profiles())
found = [f"{path}: {error.json_path}: {error.message}" for path, voice in shipped.items() for error in folder.validator.iter_errors(voice)]
sentences = {key for voice in shipped.values() for key in voice.get("sentences", {})}
for path, voice in shipped.items():
    found += [f"{path}: sentences.{key}: another language has it" for key in sorted(sentences - set(voice.get("sentences", {})))]
found += [] if len(shipped) >= 3 else [f"{folder.path}: {len(shipped)} languages"]
print("\n".join(found + [f"voices: {len(found)} complaints"]))
sys.exit(1 if found else 0)
