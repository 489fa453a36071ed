# Triggers that are programs of their own, for the scenario tests: the example, and one that tries the rest of
# withy_trigger.h.
if(WITHY_TESTS)
  foreach(pair timer=examples/trigger-timer/timer.c probe=tests/triggers/probe.c)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 source)
    add_executable(trigger-${name} ${CMAKE_SOURCE_DIR}/${source})
    target_link_libraries(trigger-${name} PRIVATE withy_static)
    target_link_options(trigger-${name} PRIVATE -static-libgcc -Wl,--gc-sections)
    set_target_properties(trigger-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/triggers)
  endforeach()
endif()
