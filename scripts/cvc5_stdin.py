#!/usr/bin/env python3
"""The SMT solver cvc5, from its Python package, as the program that reads SMT-LIB on standard input and answers on
standard output. For `ringfence policy prove` where no cvc5 program is at hand: `scripts/test/install.sh` puts it into target/venv/bin/cvc5.

Options that a program cvc5 takes are handed on (--tlimit=60000); --lang is fixed to SMT-LIB 2.6.
"""

import sys

import cvc5


def depth_after(line: str, depth: int, quoted: str) -> tuple[int, str]:
    """How deep in parentheses we are after a line; `quoted` is the quotation mark that is open, if one is."""
    for letter in line:
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in '"|':
            quoted = letter
        elif letter == ";":
            break
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
    return depth, quoted


def commands(lines):
    """Whole commands, each as soon as its last parenthesis is read."""
    text, depth, quoted = "", 0, ""
    for line in lines:
        text += line
        depth, quoted = depth_after(line, depth, quoted)
        if depth == 0 and not quoted and text.strip():
            yield text
            text = ""


def begin():
    """A solver with the options of the command line, its parser and its table of symbols."""
    solver = cvc5.Solver(cvc5.TermManager())
    for option in sys.argv[1:]:
        name, _, value = option.removeprefix("--").partition("=")
        if option.startswith("--") and value and name != "lang":
            solver.setOption(name, value)
    parser = cvc5.InputParser(solver)
    return solver, parser, parser.getSymbolManager()


def main() -> None:
    solver, parser, symbols = begin()
    for text in commands(iter(sys.stdin.readline, "")):
        if text.strip() == "(exit)":
            return
        if text.strip() == "(reset)":
            solver, parser, symbols = begin()
            continue
        try:
            parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "standard input")
            while not (command := parser.nextCommand()).isNull():
                answer = command.invoke(solver, symbols)
                if answer:
                    print(answer, end="" if answer.endswith("\n") else "\n", flush=True)
        except Exception as error:  # noqa: BLE001: whatever the solver says goes to whoever asked
            said = str(error).replace('"', "'").replace("\n", " ")
            print(f'(error "{said}")', flush=True)


if __name__ == "__main__":
    main()
