// COMMAND for the benchmark: it does nothing, so that all the time is the runtime's.
int main(void)
{
    return 0;
}
