"""What is measured, and beside whom; each module is a command of its own."""

from serving.environment import prepare_process

prepare_process()  # before LightGBM is imported: its threads must not spin while they wait for a busy machine
