"""Writes invented pages in two scripts, the same in every run, and words to search for: sealed.py COUNT FOLDER QUERIES."""

import os
import random
import sys

CONSONANTS, VOWELS = "bcdfghklmnprstvz", "aeiou"
VOCABULARY, CHARACTERS = 60_000, 5_000


def word(number):
    number = number * 2_654_435_761 % 100_000_007
    made = ""
    for _ in range(2 + number % 3):
        made += CONSONANTS[number % 16] + VOWELS[number // 16 % 5]
        number //= 80
    return made


def main(count, folder, queries):
    chance = random.Random(20261123)
    words = [word(number) for number in range(VOCABULARY)]
    han = [chr(0x4E00 + number) for number in range(CHARACTERS)]

    # Few words are frequent and many are rare, as in any language.
    def pick(of):
        return of[int(len(of) ** chance.random())]

    os.makedirs(folder)
    for number in range(count):
        if number % 4 == 0:
            body = "，".join("".join(pick(han) for _ in range(9)) for _ in range(90))
        else:
            body = " ".join(pick(words) for _ in range(450))
        with open(os.path.join(folder, f"page-{number:06}.html"), "w", encoding="utf-8") as page:
            page.write(f"<!DOCTYPE html><meta charset=utf-8><title>{body[:40]}</title><h1>{body[:40]}</h1><p>{body}</p>")
    with open(queries, "w", encoding="utf-8") as file:
        for number in range(200):
            if number % 4 == 0:
                query = "".join(pick(han) for _ in range(2 + number % 2))
            else:
                query = " ".join(pick(words) for _ in range(1 + number % 3))
            file.write(query + "\n")


main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
